#include <stddef.h>
#include <stdint.h>

// libFuzzer as a library (libclang_rt.fuzzer_no_main): runs its driver on one function.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*one_input)(const uint8_t *data, size_t size));
