import Torch

/// Asks of a checkpoint, and of all that lies in it, everything that a program might.
public struct CheckpointWalk {
  /// How many values are visited: what is shared would come again and again, and circles without end.
  private var left = 400

  public init() {}

  public mutating func visit(_ checkpoint: Checkpoint, depth: Int = 0) {
    guard left > 0, depth < 20 else { return }
    left -= 1
    _ = (checkpoint.description, checkpoint.kind, checkpoint.className, checkpoint.isNone)
    _ = try? checkpoint.bool
    _ = try? checkpoint.int
    _ = try? checkpoint.double
    _ = try? checkpoint.string
    _ = try? checkpoint.bytes
    _ = try? checkpoint.complex
    _ = try? checkpoint.shape
    _ = try? checkpoint.device
    _ = try? checkpoint.dtype
    _ = try? checkpoint.keys
    _ = try? checkpoint[0]
    do { _ = try checkpoint["no such key"] } catch { _ = error.description }
    if let state = try? checkpoint.stateDict() { _ = state.keys }
    if let tensor = try? checkpoint.tensor { Self.use(tensor) }
    for part in (try? checkpoint.list) ?? [] { visit(part, depth: depth + 1) }
    for part in (try? checkpoint.arguments) ?? [] { visit(part, depth: depth + 1) }
    for item in (try? checkpoint.items) ?? [] {
      visit(item.key, depth: depth + 1)
      visit(item.value, depth: depth + 1)
    }
    if let state = checkpoint.state { visit(state, depth: depth + 1) }
  }

  /// Reads every element of a tensor, unless a stride of 0 makes it endless.
  public static func use(_ tensor: Tensor) {
    let plain = tensor.detach()
    precondition(plain.shape.count == plain.stride().count)
    guard plain.numel() <= 1 << 16 else { return }
    _ = plain.contiguous().withUnsafeBytes { $0.reduce(0, &+) }
    if plain.numel() <= 256 {
      _ = plain.description
      _ = plain.to(.float64).sum().item()
    }
  }
}
