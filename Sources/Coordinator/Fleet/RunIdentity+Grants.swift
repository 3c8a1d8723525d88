// autointerp
// `RunIdentity` makes and checks the proofs in the fences of a run's grants.
// SPDX-License-Identifier: Apache-2.0

package import Atlas
package import ClusterProtocol
package import ClusterTransport
internal import Platform

extension RunIdentity {
  /// Makes the fence of a grant to a worker with this key. Its proof is 16 bytes of BLAKE2b over all fields of the
  /// grant, keyed with the file's secret, so a restarted coordinator recognises its predecessor's grants without any
  /// record of them.
  package func fence(
    run: String, prompt: Int32, attempt: Int32, incarnation: UInt64, epoch: Int64, for publicKey: CurvePublicKey?
  ) -> Fence {
    var fence = Fence(
      run: run, file: file, prompt: prompt, attempt: attempt, incarnation: incarnation, epoch: epoch)
    fence.proof = proof(of: fence, for: publicKey)
    return fence
  }

  /// True if a coordinator of this file gave this grant to a worker with this key.
  package func vouches(for fence: Fence, of publicKey: CurvePublicKey?) -> Bool {
    fence.file == file && fence.proof.bytes.equalsInConstantTime(proof(of: fence, for: publicKey).bytes)
  }

  private func proof(of fence: Fence, for publicKey: CurvePublicKey?) -> GrantProof {
    var message: [UInt8] = []
    func add(_ number: some FixedWidthInteger) { withUnsafeBytes(of: number.littleEndian) { message += $0 } }
    add(fence.file)
    add(fence.prompt)
    add(fence.attempt)
    add(fence.incarnation)
    add(fence.epoch)
    message += (publicKey?.text ?? "").utf8
    return GrantProof(Digest.of(message, byteCount: GrantProof.byteCount, key: key))!
  }
}
