/// The way from a file's root to a part of it, which is put into words only where an error names it.
///
/// A part costs the same however deep it lies, and however long the keys on the way are.
final class CheckpointTrail: Sendable {
  enum Step: Sendable {
    /// The value of a key, by the key's node.
    case entry(Int)
    case element(Int)
    /// What no subscript reaches, such as `.state`.
    case word(StaticString)
  }

  private let parent: CheckpointTrail?
  private let step: Step
  private let depth: Int

  static let root = CheckpointTrail(parent: nil, step: .word("checkpoint"), depth: 0)
  /// Circles can be followed without end; steps beyond these are not told.
  private static let limit = 64
  private static let farAway = CheckpointTrail(parent: nil, step: .word("checkpoint..."), depth: 0)

  private init(parent: CheckpointTrail?, step: Step, depth: Int) {
    (self.parent, self.step, self.depth) = (parent, step, depth)
  }

  func appending(_ step: Step) -> CheckpointTrail {
    depth < Self.limit
      ? CheckpointTrail(parent: self, step: step, depth: depth + 1)
      : CheckpointTrail(parent: .farAway, step: step, depth: 1)
  }

  /// The way in words, such as `checkpoint["epoch"]`.
  func text(in content: CheckpointContent) -> String {
    var steps: [Step] = [], trail: CheckpointTrail? = self
    while let here = trail {
      steps.append(here.step)
      trail = here.parent
    }
    return steps.reversed().map { step in
      switch step {
      case .entry(let key): "[\(content.keyText(key))]"
      case .element(let index): "[\(index)]"
      case .word(let word): "\(word)"
      }
    }.joined()
  }
}

extension CheckpointContent {
  /// A key in a few words.
  func keyText(_ key: Int) -> String {
    switch graph.nodes[key] {
    case .string(let name): shortened(name)
    case .int(let number): String(number)
    default: describe(key)
    }
  }

  /// A text in quotes, cut where it is long: a file may name one text a million times.
  func shortened(_ text: String) -> String {
    let limit = 200
    guard text.utf8.count > limit else { return JSON.quoted(text) }
    return JSON.quoted(String(decoding: text.utf8.prefix(limit), as: UTF8.self)) + "..."
  }
}
