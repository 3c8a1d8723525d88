// autointerp
// Imports ZeroMQ, and the eventfd that wakes its poll loop.
// SPDX-License-Identifier: Apache-2.0
#include <sys/eventfd.h>
#include <zmq.h>
