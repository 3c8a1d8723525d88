// autointerp
// `PromptTemplate.departure` says how a template departs from the chat template that a model was trained with.
// SPDX-License-Identifier: Apache-2.0

extension PromptTemplate {
  /// Compares the template with the one that a model was trained with.
  ///
  /// The model's template is a program that is not run: it counts as the same if it writes the same markers of turns.
  ///
  /// - Parameter chatTemplate: the model's own; nil if the model has none.
  /// - Returns: what to say about texts in this template; nil if it is the model's, or the model has none.
  package func departure(fromChatTemplate chatTemplate: String?) -> String? {
    guard let chatTemplate else { return nil }
    let known = [ChatStyle.chatML, .llama3].first { $0.markers.allSatisfy(chatTemplate.contains) }
    switch kind {
    case .chat(let style) where style == known: return nil
    case .custom where known?.markers.allSatisfy(name.contains) == true: return nil
    default:
      return "texts are put into the template of the run (\(CheckpointError.printable(name))), and the model was "
        + "trained with another chat template: in its own it may behave differently"
    }
  }
}
