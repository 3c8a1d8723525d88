// autointerp
// `EdgePaths` says through which heads and positions the flow of one edge travels.
// SPDX-License-Identifier: Apache-2.0

package import Circuits

/// How the effect of one edge travels through the attention layers between its ends.
///
/// Every MLP between the ends is cut, and attention probabilities are constants, so the map is linear. In each layer
/// the effect is the sum of what stays in the residual stream and of what each head carries from one position to
/// another, so the parts of one layer add up to the whole effect. It does not say why the heads attend where they do
/// (queries and keys).
package struct EdgePaths: Sendable {
  /// What one head carries in one layer.
  package struct Step: Equatable, Sendable {
    package var layer: Int
    package var head: Int
    /// The position from which the head reads.
    package var from: Int
    /// The position to which the head writes.
    package var to: Int
    /// The part of the edge's effect that it carries.
    package var effect: Float
    /// The head's attention probability for this pair of positions.
    package var attention: Float
  }

  /// One layer between the edge's ends.
  package struct Layer: Equatable, Sendable {
    package var layer: Int
    /// The part that stays in the residual stream.
    package var bypass: Float
    /// Every head and pair of positions; largest |effect| first.
    package var steps: [Step]

    package var sum: Float { steps.reduce(bypass) { $0 + $1.effect } }
  }

  package var source: NodeReference
  package var target: NodeReference
  /// The edge's direct effect, as in the graph.
  package var effect: Float
  /// `effect` times the target's derivative under the graph's rule.
  package var flow: Float
  /// From the lowest layer up.
  package var layers: [Layer]

  /// All steps; largest |effect| first.
  package var strongest: [Step] {
    layers.flatMap(\.steps).sorted { a, b in
      (abs(a.effect), b.layer, b.head, b.from, b.to) > (abs(b.effect), a.layer, a.head, a.from, a.to)
    }
  }
}
