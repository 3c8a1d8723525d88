// autointerp: msgpack-c.
// SPDX-License-Identifier: Apache-2.0
#include <msgpack.h>
