// autointerp
// `ComputeKernelTests` tests on which processors another OpenBLAS kernel is chosen than OpenBLAS would choose.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Settings

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
