// Arithmetic whose first operand is a plain number, which PyTorch's functions take as well. Of two numbers the result is a 0-dim
// tensor, float32 where one of them is a Double.

extension Tensor {
  /// `input + alpha * other`, as `torch.add` of two numbers.
  public static func add(_ input: some TensorScalar, _ other: some TensorScalar, alpha: some TensorScalar = 1) -> Tensor
  {
    plain { number(input.scalar).add(number(other.scalar), alpha: alpha) }
  }

  /// `input - alpha * other`, as `torch.sub` of two numbers.
  /// - Precondition: not both are bool.
  public static func sub(_ input: some TensorScalar, _ other: some TensorScalar, alpha: some TensorScalar = 1) -> Tensor
  {
    plain { number(input.scalar).sub(number(other.scalar), alpha: alpha) }
  }

  /// `input * other`, as `torch.mul` of two numbers.
  public static func mul(_ input: some TensorScalar, _ other: some TensorScalar) -> Tensor {
    plain { number(input.scalar).mul(number(other.scalar)) }
  }

  /// `input / other`, as `torch.div` of two numbers.
  public static func div(
    _ input: some TensorScalar, _ other: some TensorScalar, roundingMode: RoundingMode? = nil
  ) -> Tensor { plain { number(input.scalar).div(number(other.scalar), roundingMode: roundingMode) } }

  /// `input / other`, as `torch.true_divide` of two numbers.
  public static func trueDivide(_ input: some TensorScalar, _ other: some TensorScalar) -> Tensor {
    plain { number(input.scalar).trueDivide(number(other.scalar)) }
  }

  /// `input / other`, rounded down, as `torch.floor_divide` of two numbers.
  public static func floorDivide(_ input: some TensorScalar, _ other: some TensorScalar) -> Tensor {
    plain { number(input.scalar).floorDivide(number(other.scalar)) }
  }

  /// As ``div(_:_:roundingMode:)-(TensorScalar,TensorScalar,RoundingMode?)``, by a tensor.
  public static func div(_ input: some TensorScalar, _ other: Tensor, roundingMode: RoundingMode? = nil) -> Tensor {
    number(input.scalar).div(other, roundingMode: roundingMode)
  }
  /// As ``trueDivide(_:_:)-(TensorScalar,TensorScalar)``, by a tensor.
  public static func trueDivide(_ input: some TensorScalar, _ other: Tensor) -> Tensor {
    number(input.scalar).trueDivide(other)
  }
  /// As ``floorDivide(_:_:)-(TensorScalar,TensorScalar)``, by a tensor.
  public static func floorDivide(_ input: some TensorScalar, _ other: Tensor) -> Tensor {
    number(input.scalar).floorDivide(other)
  }

  /// The result is a tensor like any other: in later arithmetic it counts as one and not as a plain number.
  private static func plain(_ compute: () -> Tensor) -> Tensor {
    let result = compute()
    return result.dtype == .float64 ? result.to(.defaultFloat) : result
  }
}
