// autointerp
// `OpenFileLimit` raises the number of files and connections that this process may have open.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

package enum OpenFileLimit {
  /// Raises the soft limit to the hard one and returns it. A process may always do that. The descriptors of this program
  /// are all polled, never selected, so numbers beyond 1023 do no harm.
  @discardableResult
  package static func raise() -> UInt64 {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard getrlimit(resource, &limit) == 0 else { return 0 }
    var raised = limit
    raised.rlim_cur = limit.rlim_max
    return UInt64(setrlimit(resource, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur)
  }
}
