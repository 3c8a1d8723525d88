// autointerp
// `RelevancePropagation` computes the attribution graphs of one model.
// SPDX-License-Identifier: Apache-2.0

package import Inference

// The mathematics. Row vectors; position p, layer l; the norms' gains are folded into the matrices that follow them.
//
//     x_0   = E[token]
//     mid_l = x_l + Wo . A_l . Wv . rms(x_l)                              A_l: attention probabilities, causal
//     h_l   = silu(Wg . rms(mid_l)) * (Wu . rms(mid_l))                   the neurons
//     x_l+1 = mid_l + Wd . h_l
//     logits = Wlm . (gain * rms(x_L))
//
// The metric m is a function of the logits at one position. A neuron of value v gets the score v * dm/dv.
//
// RelP (Jafari et al. 2025, arXiv 2508.21258; in the neuron basis Arora et al. 2025, arXiv 2601.22594) takes dm/dv of a
// model that equals the real one at this input and is linear around it:
//
// 1. `d silu(g)/dg` is `sigmoid(g)`;
// 2. of `silu(g) * u` each factor gets half the gradient;
// 3. the inverse rms of RMSNorm is a constant;
// 4. attention probabilities are constants.
//
// Every map is then homogeneous of degree one and without bias, so attributions add up exactly: the total effects of
// the embeddings sum to m, and so do, at every layer, those of its neurons and of what bypasses them. The direct
// effects of all embeddings and lower neurons on a node sum to the node's value. Each graph reports how far it is from
// these identities.

/// Computes attribution graphs of one model on one backend.
package struct RelevancePropagation<Backend: ComputeBackend>: Sendable {
  package let transformer: Transformer<Backend>
  package let backend: Backend

  package init(transformer: Transformer<Backend>, backend: Backend) {
    self.transformer = transformer
    self.backend = backend
  }
}
