/* libaom can write statistics, read tables of film grain and models, and measure itself; nothing here asks it to. wasi-libc's own of
   these would bring files, a clock and an environment along, which this module does not have. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

FILE *const stderr = NULL;
FILE *fopen(const char *restrict path, const char *restrict mode) { return NULL; }
int fclose(FILE *stream) { return EOF; }
int feof(FILE *stream) { return 1; }
int fgetc(FILE *stream) { return EOF; }
int ungetc(int byte, FILE *stream) { return EOF; }
int fputc(int byte, FILE *stream) { return EOF; }
int fseek(FILE *stream, long offset, int from) { return -1; }
size_t fread(void *restrict to, size_t size, size_t count, FILE *restrict stream) { return 0; }
size_t fwrite(const void *restrict from, size_t size, size_t count, FILE *restrict stream) { return 0; }
int fscanf(FILE *restrict stream, const char *restrict format, ...) { return EOF; }
int fprintf(FILE *restrict stream, const char *restrict format, ...) { return 0; }

/* Its messages are heard by nobody. */
int vsnprintf(char *restrict to, size_t room, const char *restrict format, va_list values) {
  if (room) *to = 0;
  return 0;
}
int snprintf(char *restrict to, size_t room, const char *restrict format, ...) {
  if (room) *to = 0;
  return 0;
}

char *getenv(const char *name) { return NULL; }
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  *now = (struct timeval){0};
  return 0;
}
