// autointerp
// Imports msgpack-c, which encodes and decodes messages.
// SPDX-License-Identifier: Apache-2.0
#include <msgpack.h>
