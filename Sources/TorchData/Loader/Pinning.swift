import Torch

/// Batches that a loader can put into pinned memory (`pinMemory: true`): tensors, arrays and dictionaries of such, and types of one's
/// own that say how, as with `torch.utils.data.DataLoader` by a method `pin_memory`. Tuples need nothing where the loader puts its
/// batches together itself, and where they are of two to four tensors.
public protocol PinnableBatch {
  /// The same in memory that a GPU copies from by itself.
  func pinMemory() -> Self
}

extension Tensor: PinnableBatch {}

extension Array: PinnableBatch where Element: PinnableBatch {
  /// Each element in pinned memory.
  public func pinMemory() -> [Element] { map { $0.pinMemory() } }
}

extension Dictionary: PinnableBatch where Value: PinnableBatch {
  /// Each value in pinned memory.
  public func pinMemory() -> [Key: Value] { mapValues { $0.pinMemory() } }
}

extension Optional: PinnableBatch where Wrapped: PinnableBatch {
  /// What is there in pinned memory.
  public func pinMemory() -> Wrapped? { map { $0.pinMemory() } }
}

/// A batch, or a part of one, in pinned memory as far as it is known how.
func pinned<Part>(_ part: Part) -> Part {
  if let part = part as? any PinnableBatch { return part.pinMemory() as! Part }
  if let (a, b) = part as? (Tensor, Tensor) { return (a.pinMemory(), b.pinMemory()) as! Part }
  if let (a, b, c) = part as? (Tensor, Tensor, Tensor) {
    return (a.pinMemory(), b.pinMemory(), c.pinMemory()) as! Part
  }
  if let (a, b, c, d) = part as? (Tensor, Tensor, Tensor, Tensor) {
    return (a.pinMemory(), b.pinMemory(), c.pinMemory(), d.pinMemory()) as! Part
  }
  return part
}

/// Puts what another reader reads into pinned memory, on the thread that read it.
final class PinningReader<Batch: Sendable>: Reader<Batch> {
  private let reader: Reader<Batch>
  private let pin: @Sendable (Batch) -> Batch

  init(_ reader: Reader<Batch>, _ pin: @escaping @Sendable (Batch) -> Batch) {
    self.reader = reader
    self.pin = pin
  }

  override func read(_ job: Job, number: Int) -> Product<Batch> {
    let product = reader.read(job, number: number)
    guard case .batch(let batch) = product.content else { return product }
    return Product(content: .batch(pin(batch)), skipped: product.skipped)
  }
}
