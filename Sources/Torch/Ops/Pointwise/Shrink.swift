// Activations that are flat within bounds or beyond them: softshrink, hardshrink, and the slope of hardtanh and relu6.

/// Numbers moved towards zero by a bound; 0 within it.
struct SoftShrink: Op {
  let bound: Double
  var name: StaticString { "softshrink" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    let x = inputs[0].widened
    // Within the bound a product, so that NaN stays.
    let result = (x - bound).where(x .> bound, (x + bound).where(x .< -bound, x * 0))
    return [result.to(inputs[0].dtype)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    gradients[0].map { [$0.keptWhere(saved[0], isOutside: bound)] } ?? []
  }
}

/// Numbers beyond a bound; 0 within it.
struct HardShrink: Op {
  let bound: Double
  var name: StaticString { "hardshrink" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    let x = inputs[0]
    return [x.maskedFill((x .>= -bound).logicalAnd(x .<= bound), value: 0)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    gradients[0].map { [$0.keptWhere(saved[0], isOutside: bound)] } ?? []
  }
}

extension Tensor {
  package func softshrink(bound: Double) -> Tensor {
    floatingOnly("softshrink") {
      guard bound >= 0 else { fault("softshrink", "lambd wants to be 0 or more, is \(bound)") }
      return SoftShrink(bound: bound)(self)
    }
  }

  package func hardshrink(bound: Double) -> Tensor {
    floatingOnly("hardshrink") { HardShrink(bound: bound)(self) }
  }

  /// This gradient where `x` lies beyond a bound on either side, else 0.
  fileprivate func keptWhere(_ x: Tensor, isOutside bound: Double) -> Tensor {
    kept(noGrad { (x .> bound).logicalOr(x .< -bound) }, x)
  }

  /// This gradient where `x` lies between two bounds, else 0.
  func keptWhere(_ x: Tensor, isAbove low: Double, andBelow high: Double) -> Tensor {
    kept(noGrad { (x .> low).logicalAnd(x .< high) }, x)
  }

  /// This gradient where a mask holds. At NaN the mask does not hold, and PyTorch's vector loops cut the slope there; its loop
  /// over the elements that fill no block of 64 bytes, and over operands that do not flow, lets it through.
  private func kept(_ mask: Tensor, _ x: Tensor) -> Tensor {
    let flows = x.isContiguous() && (isContiguous() || stride().allSatisfy { $0 == 0 })
    let inBlock = 64 / x.dtype.itemSize
    let first = flows ? numel() / inBlock * inBlock : 0
    if x.isFloatingPoint(), first < numel() {
      noGrad {
        let rest = first..<numel()
        let open = mask.reshape(-1)[rest].logicalOr(x.reshape(-1)[rest].isnan())
        if first == 0 { mask.copy_(open.view(mask.shape)) } else { mask.view(-1)[rest].copy_(open) }
      }
    }
    return self.where(mask, 0)
  }
}
