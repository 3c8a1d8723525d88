// autointerp
// Which of OpenBLAS's kernels are replaced.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import autointerp

@Suite struct ComputeKernelTests {
  @Test(arguments: ["Zen", "SkylakeX", "Cooperlake", "COOPERLAKE"])
  func amdProcessorsComputeWithHaswellKernels(chosen: String) {
    #expect(ComputeKernel.preferred(to: chosen, vendor: "AuthenticAMD") == "Haswell")
  }

  @Test(arguments: [("SkylakeX", "GenuineIntel"), ("Barcelona", "AuthenticAMD"), ("neoversen1", "")])
  func openBLASChoosesOnOthers(chosen: String, vendor: String) {
    #expect(ComputeKernel.preferred(to: chosen, vendor: vendor) == chosen)
  }
}
