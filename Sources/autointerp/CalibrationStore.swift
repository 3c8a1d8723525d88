// autointerp
// `CalibrationStore` stores calibrations and references of means, by model, metric and kind of prompts.
// SPDX-License-Identifier: Apache-2.0

internal import Attribution
internal import Checkpoints
internal import Circuits
internal import ClusterProtocol
internal import Console
internal import Foundation
internal import Platform

/// The folder of calibrations: `AUTOINTERP_CALIBRATIONS`, or else `autointerp/calibrations` in the user's data folder.
///
/// A model has a folder of its own, named by its fingerprint. In it, `METRIC.TEMPLATE.json` is a calibration and
/// `TEMPLATE.means` a reference of mean activations. What holds for chat turns need not hold for plain text, nor what
/// holds for one metric for another.
struct CalibrationStore {
  let folder: URL

  /// What was found in the store.
  enum Found<Value> {
    case stored(Value)
    /// Nothing can be used. The text says why and what to do.
    case missing(String)
    /// There is a file, but it cannot be used. The text says why and what to do.
    case unusable(String)
  }

  init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    func path(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let chosen = path("AUTOINTERP_CALIBRATIONS") {
      folder = URL(filePath: chosen)
    } else {
      let data = path("XDG_DATA_HOME") ?? (path("HOME") ?? ".") + "/.local/share"
      folder = URL(filePath: data).appending(path: "autointerp/calibrations")
    }
  }

  /// The kind of prompts that a template makes: its name, or a digest of a template that was written out.
  static func kind(ofTemplate template: String) -> String {
    let isName = !template.isEmpty && template.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) }
    return isName ? template : "custom-\(Digest.of(Array(template.utf8), byteCount: 16).hexadecimal.prefix(12))"
  }

  func calibrationFile(fingerprint: String, metric: Metric.Kind, template: String) -> URL {
    folder.appending(path: "\(fingerprint)/\(metric.rawValue).\(template).json")
  }

  func referenceFile(fingerprint: String, template: String) -> URL {
    folder.appending(path: "\(fingerprint)/\(template).means")
  }

  /// The calibration of a model for a metric and a kind of prompts.
  func calibration(fingerprint: String, metric: Metric.Kind, template: String) -> Found<ModelCalibration> {
    let file = calibrationFile(fingerprint: fingerprint, metric: metric, template: template)
    guard FileManager.default.fileExists(atPath: file.path) else {
      return .missing(absence(fingerprint: fingerprint, metric: metric, template: template))
    }
    func unusable(_ problem: String) -> Found<ModelCalibration> {
      .unusable("uncalibrated, because \(file.path) \(problem); autointerp calibrate writes it anew")
    }
    guard let bytes = try? Data(contentsOf: file) else { return unusable("cannot be read") }
    do throws(CircuitError) {
      let calibration = try ModelCalibration(json: Array(bytes))
      guard calibration.modelFingerprint == fingerprint, calibration.metric == metric, calibration.template == template
      else { return unusable("belongs to another model, metric or template") }
      return .stored(calibration)
    } catch {
      return unusable("is not a calibration of this version (\(error))")
    }
  }

  /// The stored calibration of a run's model, metric and template in one line; nil if there is none.
  func quote(for run: RunSpecification) -> String? {
    guard let fingerprint = run.modelFingerprint,
      case .stored(let calibration) = calibration(
        fingerprint: ModelCard.weights(inFingerprint: fingerprint), metric: run.settings.metric.kind,
        template: Self.kind(ofTemplate: run.template.name)),
      let quote = calibration.quote(run.settings.rule)
    else { return nil }
    return "\(calibration.summary)\n                 \(quote)"
  }

  /// The mean activations of a model over prompts of a kind.
  func reference(fingerprint: String, template: String) -> Found<ActivationReference> {
    let file = referenceFile(fingerprint: fingerprint, template: template)
    let remedy = "autointerp calibrate --template \(template) measures and stores one"
    guard FileManager.default.fileExists(atPath: file.path) else {
      return .missing("this model has no reference of means for the template \(template); \(remedy)")
    }
    func unusable(_ problem: String) -> Found<ActivationReference> {
      .unusable("the reference of means in \(file.path) cannot be used, because \(problem); \(remedy)")
    }
    guard let bytes = try? Data(contentsOf: file) else { return unusable("it cannot be read") }
    do throws(ReferenceError) {
      let reference = try ActivationReference(fileBytes: Array(bytes))
      guard reference.modelFingerprint == fingerprint, reference.template == template else {
        return unusable("it belongs to another model or template")
      }
      return .stored(reference)
    } catch {
      return unusable("\(error)")
    }
  }

  /// The stored means of a model over prompts of a kind. What they are is said on standard error.
  ///
  /// - Throws: `InputError` about `option`, which says how to get means.
  func means(of checkpoint: Checkpoint, template: String, for option: String) throws -> ActivationMeans {
    switch reference(fingerprint: checkpoint.fingerprint, template: template) {
    case .stored(let stored):
      StandardError.say(stored.summary)
      return stored.means
    case .missing(let reason), .unusable(let reason):
      throw InputError(path: option, problem: "\(reason), or name prompts with --reference")
    }
  }

  func write(_ calibration: ModelCalibration) throws -> String {
    let file = calibrationFile(
      fingerprint: calibration.modelFingerprint, metric: calibration.metric, template: calibration.template)
    return try write(calibration.json(), to: file)
  }

  func write(_ reference: ActivationReference) throws -> String {
    try write(
      reference.fileBytes(),
      to: referenceFile(fingerprint: reference.modelFingerprint, template: reference.template))
  }

  private func write(_ bytes: [UInt8], to file: URL) throws -> String {
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try OutputFile(file.path).write(bytes)
    return file.path
  }

  /// Why there is no calibration: what is stored instead, or that an earlier version stored one.
  private func absence(fingerprint: String, metric: Metric.Kind, template: String) -> String {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: fingerprint).path)) ?? []
    let stored = names.filter { $0.hasSuffix(".json") }.sorted().compactMap { name -> String? in
      let parts = name.split(separator: ".")
      return parts.count == 3 ? "\(parts[0]) with \(parts[1])" : nil
    }
    if !stored.isEmpty {
      return "uncalibrated for \(metric.rawValue) with the template \(template) (stored: "
        + "\(stored.joined(separator: ", "))); autointerp calibrate measures it"
    }
    if FileManager.default.fileExists(atPath: folder.appending(path: "\(fingerprint).json").path) {
      return "uncalibrated: the stored calibration is of an earlier version, which did not tell metrics and templates "
        + "apart; autointerp calibrate measures this model again"
    }
    return "uncalibrated; autointerp calibrate measures this model"
  }
}
