// `x[0] += 1` beside Int, Float and Double, written out: to the compiler the subscript could also mean a number, and it
// prefers `+=` of plain numbers to a generic one, which would take a number out of a whole row.

extension Tensor {
  public static func += (x: Tensor, y: Int) { x.add_(y) }
  public static func -= (x: Tensor, y: Int) { x.sub_(y) }
  public static func *= (x: Tensor, y: Int) { x.mul_(y) }
  public static func /= (x: Tensor, y: Int) { x.div_(y) }
  public static func += (x: Tensor, y: Float) { x.add_(y) }
  public static func -= (x: Tensor, y: Float) { x.sub_(y) }
  public static func *= (x: Tensor, y: Float) { x.mul_(y) }
  public static func /= (x: Tensor, y: Float) { x.div_(y) }
  public static func += (x: Tensor, y: Double) { x.add_(y) }
  public static func -= (x: Tensor, y: Double) { x.sub_(y) }
  public static func *= (x: Tensor, y: Double) { x.mul_(y) }
  public static func /= (x: Tensor, y: Double) { x.div_(y) }
}
