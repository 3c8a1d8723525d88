// autointerp
// Imports libsodium for digests (BLAKE2b) and proofs. It is installed with libzmq3-dev.
// SPDX-License-Identifier: Apache-2.0
#include <sodium.h>
