import Torch

/// Takes a loader's batches some at a time, for gradients that are summed over several of them before a step.
///
/// ```swift
/// for group in accumulate(loader, steps: 4) {
///   optimizer.zeroGrad()
///   for (x, y) in group { (criterion(model(x), y) / Double(group.count)).backward() }
///   optimizer.step()
/// }
/// ```
/// The gradient is that of one batch four times as large, where the batches are equally large, the loss is a mean over
/// samples, and no layer looks across samples as batch norm does. The last group of an epoch has what is left, so
/// divide by its count and not by `steps`.
/// - Parameters:
///   - batches: a loader, or any other sequence.
///   - steps: how many batches make a group.
/// - Returns: arrays of `steps` batches; the last one may be shorter, none is empty.
/// - Precondition: `steps` is positive.
public func accumulate<Batches: Sequence>(_ batches: Batches, steps: Int) -> AccumulatedBatches<Batches> {
  if steps < 1 { fault("accumulate", "wants steps of one batch or more, got \(steps)") }
  return AccumulatedBatches(batches: batches, steps: steps)
}

/// Groups of batches; see ``accumulate(_:steps:)``.
public struct AccumulatedBatches<Batches: Sequence>: Sequence {
  fileprivate let batches: Batches
  fileprivate let steps: Int

  /// How many groups there are, as far as the batches tell; a ``ProgressBar`` asks for it.
  public var underestimatedCount: Int {
    let count = batches.underestimatedCount
    return count / steps + (count % steps == 0 ? 0 : 1)
  }

  public func makeIterator() -> Iterator { Iterator(batches: batches.makeIterator(), steps: steps) }

  /// The groups in order; one group's batches are held at a time.
  public struct Iterator: IteratorProtocol {
    fileprivate var batches: Batches.Iterator
    fileprivate let steps: Int

    public mutating func next() -> [Batches.Element]? {
      var group: [Batches.Element] = []
      while group.count < steps, let batch = batches.next() { group.append(batch) }
      return group.isEmpty ? nil : group
    }
  }
}
