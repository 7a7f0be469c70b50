/// A broken rule of shapes, dtypes, dims or indices: which op, and what is wrong.
///
/// Ops turn it into a fault; a boundary such as a server catches it instead, see `Tensor.require(shape:dtype:device:name:)`.
public struct OpError: Error, CustomStringConvertible, Sendable {
  /// The op, by the name the user called.
  public let op: String
  /// The rule, what was met, and the remedy where it is known.
  public let message: String

  @inline(never)
  package init(_ op: StaticString, _ message: String) {
    self.op = String(describing: op)
    self.message = message
  }

  @inline(never)
  package init(op: String, _ message: String) {
    self.op = op
    self.message = message
  }

  public var description: String { "\(op): \(message)" }
}
