// autointerp
// `SoftwareVersion` is the version of this program.
// SPDX-License-Identifier: Apache-2.0

/// The version that is shown, sent to peers and stored with runs.
enum SoftwareVersion {
  static let current = "0.2.0"
}
