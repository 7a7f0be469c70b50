// Steps, divisors and the parts of floating point numbers.

extension BinaryOp {
  static let heaviside = BinaryOp("heaviside", kernel: .heaviside, x: nil, y: nil)
  static let gcd = BinaryOp("gcd", kernel: .gcd, result: .integers, x: nil, y: nil)
  static let lcm = BinaryOp("lcm", kernel: .lcm, result: .integers, x: nil, y: nil)
  static let ldexp: BinaryOp = BinaryOp(
    "ldexp", kernel: .ldexp, result: .floating, x: Gradient([.y]) { g, s in BinaryOp.ldexp(g, s.y) },
    y: Gradient([.x, .y]) { g, s in
      g.widened * BinaryOp.ldexp(s.x.widened, s.y.widened) * 0.693147180559945309
    })
}

/// Mantissa and exponent.
struct SplitNumber: Op {
  var name: StaticString { "frexp" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = inputs[0]
    func part(_ kernel: UnaryKernel) -> Tensor {
      let out = x.backend.allocate(like: x.strided, dtype: x.dtype)
      x.backend.unary(kernel, x.strided, a: 0, b: 0, into: out)
      return Tensor(out)
    }
    let exponent = part(.binaryExponent).to(.int32)
    saving.constant(exponent)
    return [part(.mantissa), exponent]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    return [BinaryOp.ldexp(g, -saved[0])]
  }
}

extension Tensor {
  /// 0 below zero, 1 above, `values` at zero, as `torch.heaviside`. Broadcasts.
  /// - Precondition: both have one dtype.
  public func heaviside(_ values: Tensor) -> Tensor {
    checkHeaviside(values)
    return BinaryOp.heaviside(self, values)
  }
  @discardableResult public func heaviside_(_ values: Tensor) -> Tensor {
    checkHeaviside(values)
    return BinaryOp.heaviside.inPlace(self, values)
  }
  private func checkHeaviside(_ values: Tensor) {
    guard dtype == values.dtype else {
      fault("heaviside", "wants two tensors of one dtype, got \(dtype.name) and \(values.dtype.name); convert one")
    }
  }

  /// The greatest common divisors, not negative, as `torch.gcd`. Broadcasts.
  /// - Precondition: whole numbers.
  public func gcd(_ other: Tensor) -> Tensor { BinaryOp.gcd(self, other) }
  @discardableResult public func gcd_(_ other: Tensor) -> Tensor { BinaryOp.gcd.inPlace(self, other) }
  /// The least common multiples, not negative, as `torch.lcm`. Broadcasts.
  /// - Precondition: whole numbers.
  public func lcm(_ other: Tensor) -> Tensor { BinaryOp.lcm(self, other) }
  @discardableResult public func lcm_(_ other: Tensor) -> Tensor { BinaryOp.lcm.inPlace(self, other) }

  /// `self * 2 ** other`, as `torch.ldexp`; whole numbers give float32. Broadcasts.
  public func ldexp(_ other: Tensor) -> Tensor { BinaryOp.ldexp(self, other) }
  @discardableResult public func ldexp_(_ other: Tensor) -> Tensor { BinaryOp.ldexp.inPlace(self, other) }

  /// Mantissas, from 0.5 to 1 in magnitude, and int32 exponents of 2, as `torch.frexp`; 0, NaN and infinities are their own
  /// mantissas.
  /// - Precondition: floating point.
  public func frexp() -> (mantissa: Tensor, exponent: Tensor) {
    guard dtype.isFloatingPoint else {
      fault("frexp", "takes floating point, not \(dtype.name); convert first, for instance with float()")
    }
    let parts = SplitNumber().apply([self])
    return (parts[0], parts[1])
  }

  /// Numbers in place of NaN and infinities, as `torch.nan_to_num`.
  /// - Parameters:
  ///   - posinf: in place of infinity; the largest number of the dtype by default, `neginf` the lowest one.
  public func nanToNum(nan: Double = 0, posinf: Double? = nil, neginf: Double? = nil) -> Tensor {
    inOp("nan_to_num") {
      guard dtype.isFloatingPoint else { return clone() }
      let largest: Double =
        switch dtype {
        case .float16: 65504
        case .bfloat16: 0x1.FEp127
        case .float32: Double(Float.greatestFiniteMagnitude)
        default: Double.greatestFiniteMagnitude
        }
      func number(_ value: Double) -> Tensor { Tensor.full([], value, dtype: .float64, device: device).to(dtype) }
      let plus = number(posinf ?? largest), minus = number(neginf ?? -largest)
      return maskedFill(isnan(), value: number(nan)).where(ne(Double.infinity), plus)
        .where(ne(-Double.infinity), minus).named("nan_to_num")
    }
  }
  @discardableResult
  public func nanToNum_(nan: Double = 0, posinf: Double? = nil, neginf: Double? = nil) -> Tensor {
    inOp("nan_to_num_") {
      dtype.isFloatingPoint ? copyInPlace(nanToNum(nan: nan, posinf: posinf, neginf: neginf), "nan_to_num") : self
    }
  }

  /// Powers in float64, whatever the dtypes, as `torch.float_power`. Broadcasts.
  public func floatPower(_ exponent: Tensor) -> Tensor {
    inOp("float_power") { to(.float64).pow(exponent.to(.float64)) }
  }
  public func floatPower(_ exponent: some TensorScalar) -> Tensor {
    inOp("float_power") { to(.float64).pow(exponent.scalar.double) }
  }
  public static func floatPower(_ input: some TensorScalar, _ exponent: Tensor) -> Tensor {
    inOp("float_power") { BinaryOp.pow(exponent.to(.float64), .double(input.scalar.double), numberFirst: true) }
  }
  /// - Precondition: float64.
  @discardableResult public func floatPower_(_ exponent: Tensor) -> Tensor {
    inOp("float_power_") {
      checkFloatPower()
      return pow_(exponent.to(.float64))
    }
  }
  @discardableResult public func floatPower_(_ exponent: some TensorScalar) -> Tensor {
    inOp("float_power_") {
      checkFloatPower()
      return pow_(exponent.scalar.double)
    }
  }
  private func checkFloatPower() {
    guard dtype == .float64 else {
      fault("float_power_", "the result is float64 and cannot be written into a \(dtype.name) tensor; convert it first")
    }
  }
}
