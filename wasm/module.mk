# Included by the Makefile of a module that links a library with a few sources of its own and some of the core's: what all of them are
# compiled and linked with. Set before: OUT, CORE_SOURCES (of core/src, without .c). Used as $(FLAGS), $(LIBRARY_FLAGS), $(LINK), $(OWN).
CORE = ../core/src
CC = clang-19 --target=wasm32-wasi
FEATURES = -msimd128 -mbulk-memory -mnontrapping-fptoint -msign-ext -fno-math-errno
# Paths of the machine stay out of the module.
PLAIN = -ffile-prefix-map=$(OUT)=.
FLAGS = -O3 $(FEATURES) $(PLAIN) -I$(CORE) -Isrc -Wall -Wextra -Werror -Wno-unused-parameter
LIBRARY_FLAGS = $(FEATURES) $(PLAIN) -w -std=c11 -D_GNU_SOURCE -DNDEBUG -Isrc
LINK = -O3 -nostartfiles -Wl,--no-entry -Wl,--export=__stack_pointer -Wl,--export-memory -Wl,-z,stack-size=262144 \
  -Wl,--gc-sections -Wl,-s
OWN = $(patsubst src/%.c,$(OUT)/%.o,$(wildcard src/*.c)) $(patsubst %,$(OUT)/core/%.o,$(CORE_SOURCES))

$(OUT)/core/%.o: $(CORE)/%.c $(wildcard $(CORE)/*.h)
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -c $< -o $@
$(OUT)/%.o: src/%.c $(wildcard src/*.h $(CORE)/*.h)
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -c $< -o $@
