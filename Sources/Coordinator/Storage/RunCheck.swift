// autointerp
// `RunCheck` finds out whether a run's file is as it was written, and repairs one that is not.
// SPDX-License-Identifier: Apache-2.0

internal import Atlas
internal import Circuits
internal import ClusterProtocol
internal import Foundation
internal import Platform

/// What is sound and what is damaged in the file of a run, also of one that is under way. The file is only read.
package struct RunCheck: Codable, Equatable, Sendable {
  package struct DamagedResult: Codable, Equatable, Sendable {
    package var prompt: Int32
    package var reason: String
  }

  package var path: String
  /// Nil if the file does not even say that.
  package var run: String?
  package var state: String?
  package var prompts: Int
  /// How many prompts have a sound result.
  package var results: Int
  package var damagedResults: [DamagedResult]
  /// What is wrong besides single results, a sentence each.
  package var problems: [String]
  /// What may be missing, or will be mended without help, a sentence each.
  package var notes: [String]
  /// False if the prompts and settings are lost. Then nothing can be repaired.
  package var canBeRepaired: Bool
  /// A digest of the set of results; equal files of equal runs have equal digests.
  package var resultsDigest: String

  package var isSound: Bool { damagedResults.isEmpty && problems.isEmpty }

  /// Checks the file at `path`. Blocks; O(bytes of the file).
  ///
  /// - Throws: an `AtlasError` if the file cannot be read at all.
  package init(_ path: String) throws { self = try Findings(path).check }
}

/// What a check found, with what a repair needs.
private struct Findings {
  var check: RunCheck
  var reader: AtlasReader
  var inspection: AtlasInspection
  var aggregate = EdgeAggregate()

  init(_ path: String) throws {
    reader = try AtlasReader(path: path)
    let header = try reader.contractBasis()
    let card = header.card.flatMap { bytes in
      header.fingerprint.flatMap { try? ModelCard(payload: bytes, of: $0) }
    }
    var (aggregate, digests) = (EdgeAggregate(), ResultSetDigest())
    inspection = try reader.inspect { stored in
      guard DeltaDigest(of: stored.payload).bytes == stored.digest else {
        return .damaged(reason: "its bytes do not match their digest")
      }
      do {
        let delta = try ValidDelta(payload: stored.payload)
        try DeltaContract(origin: nil, card: card).check(delta.delta)
        try aggregate.merge(delta)
        digests.add(prompt: delta.prompt, digest: stored.digest)
        return .sound(prompt: delta.prompt)
      } catch {
        return .damaged(reason: "\(error)")
      }
    }
    var problems = inspection.structure
    if let problem = inspection.specificationProblem { problems.insert(problem, at: 0) }
    if header.card != nil, card == nil {
      inspection.isCardSound = false
      problems.append("the description of its model does not match the model's fingerprint")
    }
    var notes = inspection.logProblem.map { [$0] } ?? []
    if let specification = inspection.specification, let tabled = inspection.tabledPrompts {
      if !inspection.areTablesCurrent {
        notes.append("its tables are of an earlier version; a coordinator writes them again when it starts")
      } else if tabled == inspection.sound.count + inspection.damaged.count {
        if inspection.damaged.isEmpty {
          problems += try Self.differences(of: aggregate, specification, from: reader)
        }
      } else if inspection.isFinished {
        notes.append("its tables are of \(tabled) results; a coordinator writes them again when it starts")
      }
    } else if inspection.isFinished {
      notes.append("its tables are not written; a coordinator writes them when it starts")
    }
    notes += Self.disagreements((try? reader.disagreements()) ?? [])
    check = RunCheck(path, inspection, problems, notes, digests)
    self.aggregate = aggregate
  }

  /// One sentence for each prompt about which keys disagree, up to as many as people read.
  private static func disagreements(_ opinions: [StoredOpinion]) -> [String] {
    let byPrompt = Dictionary(grouping: opinions, by: \.prompt).sorted { $0.key < $1.key }
    func names(_ opinions: [StoredOpinion], _ isResult: Bool) -> String {
      opinions.filter { $0.isResult == isResult }.map(\.author).joined(separator: " and ")
    }
    let limit = 20
    let lines = byPrompt.prefix(limit).map { prompt, opinions in
      "a spot check of prompt \(prompt) disagreed: \(names(opinions, true)) computed the result, "
        + "\(names(opinions, false)) another one, which the view `disagreements` has as well"
    }
    return lines + (byPrompt.count > limit ? ["\(byPrompt.count - limit) more disagreements"] : [])
  }

  /// Writes the tables that the results lead to into a scratch file and compares.
  private static func differences(
    of aggregate: EdgeAggregate, _ specification: RunSpecification, from reader: AtlasReader
  ) throws -> [String] {
    let folder = FileManager.default.temporaryDirectory.appending(path: "autointerp-check-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "rebuilt.sqlite").path
    let rebuilt = try RunAtlas(path: path, specification: specification, softwareVersion: "", now: 0)
    try rebuilt.replaceAggregate(aggregate, now: 0)
    try rebuilt.close()
    return try reader.tableDifferences(from: path)
  }
}

extension RunCheck {
  fileprivate init(
    _ path: String, _ inspection: AtlasInspection, _ problems: [String], _ notes: [String], _ digests: ResultSetDigest
  ) {
    self.path = path
    run = inspection.specification?.name
    state = inspection.state?.rawValue
    prompts = inspection.specification?.prompts.count ?? 0
    results = inspection.sound.count
    damagedResults = inspection.damaged.map { DamagedResult(prompt: $0.prompt, reason: $0.reason) }
    self.problems = problems
    self.notes = notes
    canBeRepaired = inspection.specification != nil
    resultsDigest = digests.text
  }

  /// What a repair did.
  package struct Repair: Sendable {
    /// The file as it was.
    package var before: RunCheck
    /// The new file. Nil if there was nothing to repair.
    package var after: RunCheck?
    /// What is lost besides results, such as rows of the list of failures.
    package var leftOut: [String]
    /// Where the damaged file is now.
    package var kept: String
  }

  /// Writes a new file from what is sound, checks it, and puts it in the place of the damaged one, which is kept under
  /// another name. A run that lost results is unfinished again, and a coordinator computes them. Blocks.
  ///
  /// - Throws: `AtlasError.inUse` while a coordinator has the file; `corrupt` if prompts and settings are lost. The file
  ///   is then unchanged.
  package static func repair(_ path: String, softwareVersion: String, now: Int64) throws -> Repair {
    let salvage = try AtlasSalvage(path)
    let found = try Findings(path)
    guard !found.check.isSound else {
      return Repair(before: found.check, after: nil, leftOut: [], kept: salvage.damagedPath)
    }
    do {
      let leftOut = try salvage.copy(found.reader, found.inspection)
      let copied = try Findings(salvage.newPath)
      if copied.inspection.isFinished, copied.check.isSound {
        let atlas = try RunAtlas(existing: salvage.newPath, softwareVersion: softwareVersion, now: now)
        try atlas.replaceAggregate(copied.aggregate, now: now)
        try atlas.close()
      }
      var after = try RunCheck(salvage.newPath)
      guard after.isSound else {
        throw AtlasError.failed(
          path: path, detail: "the repaired copy is not sound either: \(after.problems.first ?? "results are damaged")")
      }
      try salvage.replace()
      after.path = path
      return Repair(before: found.check, after: after, leftOut: leftOut, kept: salvage.damagedPath)
    } catch {
      salvage.abandon()
      throw error
    }
  }
}
