// Operators that give a new tensor; those that write in place are in Tensor+InPlaceOperators.swift.

precedencegroup ExponentiationPrecedence {
  higherThan: MultiplicationPrecedence
  associativity: right
}
/// Power. Unlike in Python the unary minus binds first: `-x ** 2` is `(-x) ** 2`.
infix operator ** : ExponentiationPrecedence

extension Tensor {
  public static func + (x: Tensor, y: Tensor) -> Tensor { BinaryOp.add(x, y) }
  public static func + (x: Tensor, y: some TensorScalar) -> Tensor { BinaryOp.add(x, y.scalar) }
  public static func + (x: some TensorScalar, y: Tensor) -> Tensor { BinaryOp.add(y, x.scalar, numberFirst: true) }
  public static func - (x: Tensor, y: Tensor) -> Tensor { BinaryOp.sub(x, y) }
  public static func - (x: Tensor, y: some TensorScalar) -> Tensor { BinaryOp.sub(x, y.scalar) }
  public static func - (x: some TensorScalar, y: Tensor) -> Tensor { BinaryOp.sub(y, x.scalar, numberFirst: true) }
  public static func * (x: Tensor, y: Tensor) -> Tensor { BinaryOp.mul(x, y) }
  public static func * (x: Tensor, y: some TensorScalar) -> Tensor { BinaryOp.mul(x, y.scalar) }
  public static func * (x: some TensorScalar, y: Tensor) -> Tensor { BinaryOp.mul(y, x.scalar, numberFirst: true) }
  public static func / (x: Tensor, y: Tensor) -> Tensor { BinaryOp.div(x, y) }
  public static func / (x: Tensor, y: some TensorScalar) -> Tensor { BinaryOp.div(x, y.scalar) }
  public static func / (x: some TensorScalar, y: Tensor) -> Tensor {
    // As PyTorch computes it; the last bit depends on it.
    inOp("div") { y.reciprocal() * x }
  }
  public static func % (x: Tensor, y: Tensor) -> Tensor { BinaryOp.remainder(x, y) }
  public static func % (x: Tensor, y: some TensorScalar) -> Tensor { BinaryOp.remainder(x, y.scalar) }
  public static func % (x: some TensorScalar, y: Tensor) -> Tensor {
    BinaryOp.remainder(y, x.scalar, numberFirst: true)
  }
  public static func ** (x: Tensor, y: Tensor) -> Tensor { x.pow(y) }
  public static func ** (x: Tensor, y: some TensorScalar) -> Tensor { x.pow(y) }
  public static func ** (x: some TensorScalar, y: Tensor) -> Tensor { BinaryOp.pow(y, x.scalar, numberFirst: true) }
  public static prefix func - (x: Tensor) -> Tensor { x.neg() }

  public static func & (x: Tensor, y: Tensor) -> Tensor { x.bitwiseAnd(y) }
  public static func & (x: Tensor, y: some TensorScalar) -> Tensor { x.bitwiseAnd(y) }
  public static func & (x: some TensorScalar, y: Tensor) -> Tensor {
    BinaryOp.bitwiseAnd(y, x.scalar, numberFirst: true)
  }
  public static func | (x: Tensor, y: Tensor) -> Tensor { x.bitwiseOr(y) }
  public static func | (x: Tensor, y: some TensorScalar) -> Tensor { x.bitwiseOr(y) }
  public static func | (x: some TensorScalar, y: Tensor) -> Tensor {
    BinaryOp.bitwiseOr(y, x.scalar, numberFirst: true)
  }
  public static func ^ (x: Tensor, y: Tensor) -> Tensor { x.bitwiseXor(y) }
  public static func ^ (x: Tensor, y: some TensorScalar) -> Tensor { x.bitwiseXor(y) }
  public static func ^ (x: some TensorScalar, y: Tensor) -> Tensor {
    BinaryOp.bitwiseXor(y, x.scalar, numberFirst: true)
  }
  /// Every bit flipped; logical not for bool.
  public static prefix func ~ (x: Tensor) -> Tensor { x.bitwiseNot() }

  public static func .< (x: Tensor, y: Tensor) -> Tensor { x.lt(y) }
  public static func .< (x: Tensor, y: some TensorScalar) -> Tensor { x.lt(y) }
  public static func .<= (x: Tensor, y: Tensor) -> Tensor { x.le(y) }
  public static func .<= (x: Tensor, y: some TensorScalar) -> Tensor { x.le(y) }
  public static func .> (x: Tensor, y: Tensor) -> Tensor { x.gt(y) }
  public static func .> (x: Tensor, y: some TensorScalar) -> Tensor { x.gt(y) }
  public static func .>= (x: Tensor, y: Tensor) -> Tensor { x.ge(y) }
  public static func .>= (x: Tensor, y: some TensorScalar) -> Tensor { x.ge(y) }
  public static func .== (x: Tensor, y: Tensor) -> Tensor { x.eq(y) }
  public static func .== (x: Tensor, y: some TensorScalar) -> Tensor { x.eq(y) }
  public static func .!= (x: Tensor, y: Tensor) -> Tensor { x.ne(y) }
  public static func .!= (x: Tensor, y: some TensorScalar) -> Tensor { x.ne(y) }
}
