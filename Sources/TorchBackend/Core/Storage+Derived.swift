import Synchronization

/// Names one thing that was computed from the content of a storage.
package struct DerivedKey: Hashable, Sendable {
  package enum Kind: Sendable { case winogradWeights, unitWeights, foldedNorm, recurrentWeights }

  let kind: Kind
  /// What else it depends on: offset, sizes, strides.
  let detail: [Int]

  package init(_ kind: Kind, _ detail: [Int]) {
    self.kind = kind
    self.detail = detail
  }
}

/// What was computed, and from which content of which storages.
struct DerivedEntry: Sendable {
  struct Source: Sendable {
    weak var storage: Storage?
    let mark: UInt64
  }

  let mark: UInt64
  let others: [Source]
  let content: any Sendable

  func isCurrent(mark: UInt64, _ storages: [Storage]) -> Bool {
    mark == self.mark && others.count == storages.count
      && zip(others, storages).allSatisfy { $0.storage === $1 && $0.mark == $1.contentMark }
  }
}

extension Storage {
  /// What `make` computes from this storage's bytes, and those of `others`, kept until one of them is written to.
  ///
  /// For constants of inference, such as transformed weights: only use it where no gradient is recorded, since a training
  /// writes the weights at every step. The content goes with the storage; a content that is a `Storage` of the CPU counts
  /// in `memoryStats()`. Any number of threads may ask: two that ask at once may both compute, and one result stays.
  /// Nothing is kept for memory that the tensors' user owns, since nobody counts the writes there.
  /// `make` must not ask for the same key.
  package func derived<Content: Sendable>(
    _ key: DerivedKey, with others: [Storage] = [], make: () -> Content
  ) -> Content {
    guard knowsItsWrites, others.allSatisfy(\.knowsItsWrites) else { return make() }
    let mark = contentMark
    if let entry = derivedContent.withLock({ $0?[key] }), entry.isCurrent(mark: mark, others),
      let content = entry.content as? Content
    {
      return content
    }
    let sources = others.map { DerivedEntry.Source(storage: $0, mark: $0.contentMark) }
    let content = make()
    let entry = DerivedEntry(mark: mark, others: sources, content: content)
    derivedContent.withLock { entries in
      // What was made of earlier content will not be asked for again.
      var kept = (entries ?? [:]).filter { $0.value.mark == mark }
      kept[key] = entry
      entries = kept
    }
    return content
  }

  /// Forgets what was derived from the bytes.
  package func dropDerived() { derivedContent.withLock { $0 = nil } }
}
