/* What lcms2 would take from libc, and with it clocks, files and streams. A profile of our own has no date, nobody reads its messages, and
   of what follows nothing is called: the linker drops it, but libc's would bring imports along. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

static struct tm never;

time_t time(time_t *now) { return 0; }
struct tm *gmtime(const time_t *now) { return &never; }
int vsnprintf(char *restrict text, size_t room, const char *restrict format, va_list values) {
  if (room) *text = 0;
  return 0;
}
int snprintf(char *restrict text, size_t room, const char *restrict format, ...) {
  if (room) *text = 0;
  return 0;
}

FILE *fopen(const char *restrict path, const char *restrict mode) { return NULL; }
int fclose(FILE *file) { return EOF; }
size_t fread(void *restrict to, size_t size, size_t count, FILE *restrict file) { return 0; }
size_t fwrite(const void *restrict from, size_t size, size_t count, FILE *restrict file) { return 0; }
int fseek(FILE *file, long to, int whence) { return -1; }
long ftell(FILE *file) { return -1; }
int fflush(FILE *file) { return EOF; }
int remove(const char *path) { return -1; }
