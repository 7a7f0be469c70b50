// Operators that write in place, as Python's. Each stands here twice: with `inout` for what can be assigned, so that
// `x[mask] += 1` hands the changed copy back to the subscript, and without for a tensor in a `let`.

infix operator **= : AssignmentPrecedence

extension Tensor {
  public static func += (x: inout Tensor, y: Tensor) { x = x.add_(y) }
  public static func += (x: inout Tensor, y: some TensorScalar) { x = x.add_(y) }
  @_disfavoredOverload public static func += (x: Tensor, y: Tensor) { x.add_(y) }
  @_disfavoredOverload public static func += (x: Tensor, y: some TensorScalar) { x.add_(y) }

  public static func -= (x: inout Tensor, y: Tensor) { x = x.sub_(y) }
  public static func -= (x: inout Tensor, y: some TensorScalar) { x = x.sub_(y) }
  @_disfavoredOverload public static func -= (x: Tensor, y: Tensor) { x.sub_(y) }
  @_disfavoredOverload public static func -= (x: Tensor, y: some TensorScalar) { x.sub_(y) }

  public static func *= (x: inout Tensor, y: Tensor) { x = x.mul_(y) }
  public static func *= (x: inout Tensor, y: some TensorScalar) { x = x.mul_(y) }
  @_disfavoredOverload public static func *= (x: Tensor, y: Tensor) { x.mul_(y) }
  @_disfavoredOverload public static func *= (x: Tensor, y: some TensorScalar) { x.mul_(y) }

  public static func /= (x: inout Tensor, y: Tensor) { x = x.div_(y) }
  public static func /= (x: inout Tensor, y: some TensorScalar) { x = x.div_(y) }
  @_disfavoredOverload public static func /= (x: Tensor, y: Tensor) { x.div_(y) }
  @_disfavoredOverload public static func /= (x: Tensor, y: some TensorScalar) { x.div_(y) }

  public static func %= (x: inout Tensor, y: Tensor) { x = x.remainder_(y) }
  public static func %= (x: inout Tensor, y: some TensorScalar) { x = x.remainder_(y) }
  @_disfavoredOverload public static func %= (x: Tensor, y: Tensor) { x.remainder_(y) }
  @_disfavoredOverload public static func %= (x: Tensor, y: some TensorScalar) { x.remainder_(y) }

  public static func **= (x: inout Tensor, y: Tensor) { x = x.pow_(y) }
  public static func **= (x: inout Tensor, y: some TensorScalar) { x = x.pow_(y) }
  @_disfavoredOverload public static func **= (x: Tensor, y: Tensor) { x.pow_(y) }
  @_disfavoredOverload public static func **= (x: Tensor, y: some TensorScalar) { x.pow_(y) }
}
