// autointerp: libsodium, which libzmq3-dev brings along; used for content digests (BLAKE2b).
// SPDX-License-Identifier: Apache-2.0
#include <sodium.h>
