import Torch

/// Samples in a stream, without numbers: lines of a file, rows of a query. As `torch.utils.data.IterableDataset`.
///
/// ```swift
/// struct Countdown: IterableDataset {
///   func makeIterator() -> SampleIterator<Int> { SampleIterator((0..<10).reversed()) }
/// }
/// ```
///
/// Every worker of a loader makes an iterator of its own and reads the whole stream. So that samples do not come once for
/// each worker, ``WorkerInfo/current`` tells inside of `makeIterator()` which part is whose.
public protocol IterableDataset<Sample>: Sendable {
  /// What the stream gives.
  associatedtype Sample
  /// Starts the stream, on the thread that will read it.
  func makeIterator() throws -> SampleIterator<Sample>
  /// How many samples there are, where that is known; nil unless told.
  var count: Int? { get }
}

extension IterableDataset {
  public var count: Int? { nil }
}

/// The samples of a stream, one after another.
public struct SampleIterator<Sample> {
  private let advance: () throws -> Sample?

  /// Samples that a function gives, until it gives nil.
  ///
  /// A function that throws is asked again only where the loader skips errors: it should then go on or give nil.
  public init(_ next: @escaping () throws -> Sample?) { advance = next }

  /// The elements of a sequence.
  public init<S: Sequence>(_ sequence: S) where S.Element == Sample {
    var iterator = sequence.makeIterator()
    advance = { iterator.next() }
  }

  /// The next sample, nil at the end.
  /// - Throws: what the stream throws.
  public mutating func next() throws -> Sample? { try advance() }
}

/// Streams one after another, as `torch.utils.data.ChainDataset`.
public struct ChainDataset<Sample>: IterableDataset {
  public let datasets: [any IterableDataset<Sample>]

  /// The samples of several streams.
  public init(_ datasets: [any IterableDataset<Sample>]) { self.datasets = datasets }
  /// The samples of several streams of one type.
  public init<D: IterableDataset>(_ datasets: [D]) where D.Sample == Sample { self.init(datasets.map { $0 }) }

  public var count: Int? {
    var total = 0
    for dataset in datasets {
      guard let count = dataset.count else { return nil }
      total += count
    }
    return total
  }

  public func makeIterator() -> SampleIterator<Sample> {
    var rest = datasets[...]
    var current: SampleIterator<Sample>?
    return SampleIterator {
      while true {
        if let sample = try current?.next() { return sample }
        guard let dataset = rest.popFirst() else {
          current = nil
          return nil
        }
        current = try dataset.makeIterator()
      }
    }
  }
}

extension IterableDataset {
  /// One stream after the other, as `+` of streams in torch.
  public static func + <Other: IterableDataset>(first: Self, second: Other) -> ChainDataset<Sample>
  where Other.Sample == Sample { ChainDataset([first as any IterableDataset<Sample>, second]) }
}
