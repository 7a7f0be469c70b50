import Torch

/// How samples become a batch.
struct Collation<Sample, Batch>: Sendable {
  /// Puts samples together. What lies in the room already stays there.
  let collate: @Sendable ([Sample], BatchRoom?) throws -> Batch
  /// Moves a sample's tensors to their place in the room and gives the sample with these; nil where nothing can be moved.
  let place: (@Sendable (Sample, _ place: Int, BatchRoom) -> Sample)?
  /// Puts a batch's parts into pinned memory.
  let pin: @Sendable (Batch) -> Batch
  /// Whether a batch is what stacking makes of samples, and not somebody's own.
  var isTorchs: Bool { place != nil }

  /// Somebody's own way.
  static func own(_ collate: @escaping @Sendable ([Sample]) throws -> Batch) -> Collation {
    Collation(collate: { samples, _ in try collate(samples) }, place: nil, pin: { pinned($0) })
  }

  // Tuples cannot conform to Collatable: a way for each size of them.

  static func single() -> Collation where Sample: Collatable, Batch == Sample.Batch {
    Collation(collate: { try column($0, $1, 0) { $0 } }, place: { $2.place($0, 0, $1) }, pin: { pinned($0) })
  }

  static func pair<A: Collatable, B: Collatable>() -> Collation
  where Sample == (A, B), Batch == (A.Batch, B.Batch) {
    Collation(
      collate: { try (column($0, $1, 0) { $0.0 }, column($0, $1, 1) { $0.1 }) },
      place: { ($2.place($0.0, 0, $1), $2.place($0.1, 1, $1)) },
      pin: { (pinned($0.0), pinned($0.1)) })
  }

  static func triple<A: Collatable, B: Collatable, C: Collatable>() -> Collation
  where Sample == (A, B, C), Batch == (A.Batch, B.Batch, C.Batch) {
    Collation(
      collate: { try (column($0, $1, 0) { $0.0 }, column($0, $1, 1) { $0.1 }, column($0, $1, 2) { $0.2 }) },
      place: { ($2.place($0.0, 0, $1), $2.place($0.1, 1, $1), $2.place($0.2, 2, $1)) },
      pin: { (pinned($0.0), pinned($0.1), pinned($0.2)) })
  }

  static func quadruple<A: Collatable, B: Collatable, C: Collatable, D: Collatable>() -> Collation
  where Sample == (A, B, C, D), Batch == (A.Batch, B.Batch, C.Batch, D.Batch) {
    Collation(
      collate: {
        try (
          column($0, $1, 0) { $0.0 }, column($0, $1, 1) { $0.1 }, column($0, $1, 2) { $0.2 },
          column($0, $1, 3) { $0.3 }
        )
      },
      place: {
        ($2.place($0.0, 0, $1), $2.place($0.1, 1, $1), $2.place($0.2, 2, $1), $2.place($0.3, 3, $1))
      },
      pin: { (pinned($0.0), pinned($0.1), pinned($0.2), pinned($0.3)) })
  }

  static func pairAndOne<A: Collatable, B: Collatable, C: Collatable>() -> Collation
  where Sample == ((A, B), C), Batch == ((A.Batch, B.Batch), C.Batch) {
    Collation(
      collate: { try ((column($0, $1, 0) { $0.0.0 }, column($0, $1, 1) { $0.0.1 }), column($0, $1, 2) { $0.1 }) },
      place: { (($2.place($0.0.0, 0, $1), $2.place($0.0.1, 1, $1)), $2.place($0.1, 2, $1)) },
      pin: { ((pinned($0.0.0), pinned($0.0.1)), pinned($0.1)) })
  }

  static func oneAndPair<A: Collatable, B: Collatable, C: Collatable>() -> Collation
  where Sample == (A, (B, C)), Batch == (A.Batch, (B.Batch, C.Batch)) {
    Collation(
      collate: { try (column($0, $1, 0) { $0.0 }, (column($0, $1, 1) { $0.1.0 }, column($0, $1, 2) { $0.1.1 })) },
      place: { ($2.place($0.0, 0, $1), ($2.place($0.1.0, 1, $1), $2.place($0.1.1, 2, $1))) },
      pin: { (pinned($0.0), (pinned($0.1.0), pinned($0.1.1))) })
  }

  /// One part of all samples, put together.
  private static func column<Part: Collatable>(
    _ samples: [Sample], _ room: BatchRoom?, _ number: Int, _ part: (Sample) -> Part
  ) throws -> Part.Batch {
    if let whole = room?.whole(number) as? Part.Batch { return whole }
    return try Part.collate(samples.map(part))
  }
}

/// Where the tensors of a batch come to lie while its samples are read.
///
/// A sample's tensor moves to its place as soon as it is there: its own memory serves the next sample, and nothing is left to
/// copy when the last one is read.
final class BatchRoom: Sendable {
  private struct Column {
    /// [samples, ...]
    let whole: Tensor
    var filled = 0
  }

  private let count: Int
  private let columns = Monitor([Int: Column]())
  /// Smaller tensors are put together in the end.
  private static let leastBytes = 4096

  /// Room for some samples.
  init(_ count: Int) { self.count = count }

  /// A value in its place, where it is a tensor that fits; any other stays what it is.
  func place<Value>(_ value: Value, _ number: Int, _ place: Int) -> Value {
    guard Value.self == Tensor.self, let tensor = value as? Tensor, Self.takes(tensor) else { return value }
    let whole = columns.withLock { columns in
      if let column = columns[number] { return column.whole }
      let whole = Tensor.empty([count] + tensor.shape, dtype: tensor.dtype)
      columns[number] = Column(whole: whole)
      return whole
    }
    guard whole.dtype == tensor.dtype, whole.shape.dropFirst().elementsEqual(tensor.shape) else { return value }
    let moved = noGrad { () -> Tensor in
      let part = whole.select(dim: 0, index: place)
      part.copy_(tensor)
      return part
    }
    columns.withLock { $0[number]!.filled += 1 }
    return moved as! Value
  }

  private static func takes(_ tensor: Tensor) -> Bool {
    tensor.device == .cpu && !tensor.requiresGrad && tensor.numel() * tensor.dtype.itemSize >= leastBytes
  }

  /// The tensors of one part of all samples, if all came to lie here.
  func whole(_ number: Int) -> Tensor? {
    columns.withLock { columns in columns[number].flatMap { $0.filled == count ? $0.whole : nil } }
  }
}
