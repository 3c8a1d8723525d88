// autointerp
// Imports OpenBLAS, and mallopt, which the Glibc module leaves out.
// SPDX-License-Identifier: Apache-2.0
#include <cblas.h>
#include <malloc.h>
