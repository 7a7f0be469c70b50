import Testing
import Torch

/// Real mistakes: each ends the process with a message that names the op, what it got, and the rule.
@Suite struct ShapeErrorTests {
  @Test func matmulInnerSizes() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, 3).matmul(Tensor.ones(2, 4))
    }
    says(end, "matmul: inner sizes differ: 3 columns meet 2 rows", "[2, 3] float32", "[2, 4] float32")
  }

  /// A subscript counts from the end; PyTorch's functions do not.
  @Test func negativePositions() async {
    let x = Tensor([1, 2, 3])
    #expect(x[Tensor([-1])].equal(Tensor([3])))
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2, 3]).indexSelect(dim: 0, index: Tensor([-1]))
    }
    says(end, "index_select: index -1 is out of bounds for dim 0 with size 3")
    let along = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros(2, 3).indexSelect(dim: 1, index: Tensor([0, 5]))
    }
    says(along, "index_select: index 5 is out of bounds for dim 1 with size 3")
  }

  @Test func matmulOfMixedDTypes() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, 3).matmul(Tensor.ones(3, 4, dtype: .float64))
    }
    says(end, "matmul: operands have different dtypes, float32 and float64; convert one", "[2, 3]", "[3, 4]")
  }

  @Test func addBroadcast() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, 3) + Tensor.ones(2)
    }
    says(end, "add: shapes do not broadcast: size 3 meets 2 at dim -1; got [2, 3] and [2]")
  }

  @Test func addInPlaceThatWouldGrow() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Tensor.ones(3).add_(Tensor.ones(2, 3))
    }
    says(end, "add: the result has shape [2, 3] and cannot be written into the first operand; got [3] and [2, 3]")
  }

  @Test func cat() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.cat([Tensor.ones(2, 3), Tensor.ones(2, 4)], dim: 0)
    }
    says(end, "cat: sizes must match but along dim 0; got [2, 3] and, as tensor 1, [2, 4]")
  }

  @Test func stack() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.stack([Tensor.ones(2), Tensor.ones(2), Tensor.ones(3)])
    }
    says(end, "stack: wants tensors of one shape; got [2] and, as tensor 2, [3]")
  }

  @Test func viewCount() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, 3).view(4, 2)
    }
    says(end, "view: [4, 2] wants 8 elements, input [2, 3] has 6")
  }

  @Test func viewStrides() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, 3).t().view(6)
    }
    says(end, "view: the strides [1, 3] of the input [3, 2] do not allow [6] without a copy; use reshape(...)")
  }

  @Test func reshapeThatCannotInfer() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, 3).reshape(-1, 4)
    }
    says(end, "reshape: ", "[-1, 4]", "[2, 3]")
  }

  @Test func reshapeWithTwoUnknowns() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, 3).reshape(-1, -1)
    }
    says(end, "reshape: only one size may be -1; got [-1, -1]")
  }

  @Test func negativeSizes() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros(2, -3)
    }
    says(end, "zeros: sizes cannot be negative; got [2, -3]")
  }

  @Test func permuteWithTooManyDims() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(28, 28).permute(1, 2, 0)
    }
    says(end, "permute: wants one dim for each of the 2 dimensions, got 3: [1, 2, 0]; got input [28, 28]")
  }

  /// The tutorial's chain, whose words stand in Examples/Tutorial/ShapeTrap.swift.
  @Test func permuteAfterSqueezing() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.arange(12).reshape(3, 4).unsqueeze(0).squeeze().transpose(0, 1).permute(1, 0, 2)
    }
    says(end, "permute: wants one dim for each of the 2 dimensions, got 3: [1, 0, 2]; got input [4, 3]")
  }

  @Test func squeezeOutOfRange() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, 3).squeeze(2)
    }
    says(end, "squeeze: dim 2 is out of range; a tensor with 2 dimensions takes -2...1")
  }

  @Test func transposeOutOfRange() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, 3).transpose(0, -3)
    }
    says(end, "transpose: dim -3 is out of range; a tensor with 2 dimensions takes -2...1")
  }

  @Test func expand() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, 3).expand(4, 3)
    }
    says(end, "expand: size 4 at dim 0 does not match the existing size 2", "got input [2, 3], wanted [4, 3]")
  }

  @Test func raggedArrays() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([[1, 2, 3], [4, 5]])
    }
    says(end, "tensor: nested arrays differ in size: 2 elements where the first array has 3")
  }

  @Test func itemOfMany() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let _: Double = Tensor.ones(2, 2).item()
    }
    says(end, "item: wants exactly one element, got shape [2, 2]")
  }
}

@Suite struct IndexErrorTests {
  @Test func outOfRange() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, 3)[0, 3] as Tensor
    }
    says(end, "index: index 3 is out of bounds for dim ", "with size 3", "[2, 3]")
  }

  @Test func tooMany() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, 3)[0, 1, 2] as Tensor
    }
    says(end, "index: too many indices: 3 for a tensor with 2 dimensions [2, 3]")
  }

  @Test func floatTensor() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, 3)[Tensor([0.0, 1.0])] as Tensor
    }
    says(end, "index: index tensors are int64, int32, uint8 or bool, got float32; convert with long()")
  }

  @Test func maskShape() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, 3)[Tensor([true, false, true])] as Tensor
    }
    says(end, "index: the mask has size 3 at dim 0, the tensor 2 at dim 0; got mask [3], input [2, 3]")
  }

  @Test func tensorOutOfRange() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(3)[Tensor([0, 7])] as Tensor
    }
    says(end, "index: index 7 is out of bounds for dim 0 with size 3")
  }

  @Test func assignedShape() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor.ones(2, 3)
      x[0] = Tensor.ones(4)
    }
    says(end, "index_put_: shapes do not broadcast: size 3 meets 4 at dim -1; got [3] and [4]")
  }

  @Test func gatherOfALabelOutOfRange() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, 10).gather(dim: 1, index: Tensor([[3], [10]]))
    }
    says(end, "gather: index 10 is out of bounds for dim 1 with size 10")
  }

  @Test func gatherOfFloats() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2, 10).gather(dim: 1, index: Tensor([[3.0], [1.0]]))
    }
    says(end, "gather: the index must be int64, got float32; convert with long()")
  }

  @Test func scatterWithALargerIndex() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros(3, 5).scatter(dim: 0, index: Tensor.zeros(2, 4, dtype: .int64), src: Tensor.ones(2, 3))
    }
    says(end, "scatter: the index is larger than the source at dim 1", "index [2, 4]", "input [3, 5]", "source [2, 3]")
  }
}

@Suite struct DTypeErrorTests {
  @Test func requiresGradOnIntegers() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2], requiresGrad: true)
    }
    says(end, "requires_grad: only floating point tensors can require gradients, this one is int64")
  }

  @Test func meanOfIntegers() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2]).mean()
    }
    says(end, "mean: takes floating point, not int64; convert first, for instance with float()")
  }

  @Test func boolMinusBool() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([true]) - Tensor([false])
    }
    says(end, "sub: takes numbers, not bool; use logicalXor")
  }

  @Test func integerDivisionByZero() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2]).floorDivide(Tensor([1, 0]))
    }
    says(end, "floor_divide: integer division by zero; convert to a floating dtype first")
  }

  @Test func integerRemainderByZero() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2]) % 0
    }
    says(end, "remainder: integer division by zero")
  }

  @Test func negativeIntegerPower() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2]) ** -2
    }
    says(end, "pow: whole numbers take no negative exponent, got -2; convert to a floating dtype first")
  }

  @Test func floatResultIntoIntegers() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Tensor([1, 2]).mul_(0.5)
    }
    says(end, "mul: the result is float32 and cannot be written into a int64 tensor; use the out-of-place form")
  }

  @Test func cudaWithoutADevice() async {
    guard !CUDA.isAvailable else { return }
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2).to(.cuda)
    }
    says(end, "cuda")
    #expect(CUDA.deviceCount == 0)
    CUDA.emptyCache()
    let asked = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = CUDA.currentDevice
    }
    says(asked, "ask CUDA.isAvailable first")
    let named = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = CUDA.getDeviceName(0)
    }
    says(named, "cuda:0 is not available")
  }

  @Test func randintWithoutRoom() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.randint(5, 5, [2])
    }
    says(end, "randint: low must be less than high; got 5 and 5")
  }

  @Test func clampWithoutBounds() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones(2).clamp()
    }
    says(end, "clamp: wants min, max or both")
  }
}

@Suite struct AutogradErrorTests {
  @Test func backwardTwice() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor([2.0], requiresGrad: true)
      let y = (x * x).sum()
      y.backward()
      y.backward()
    }
    says(end, "backward: the saved tensors of MulBackward0 were freed", "pass retainGraph: true")
  }

  @Test func backwardOfMany() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor.ones(2, 3, requiresGrad: true)
      (x * 2).backward()
    }
    says(end, "backward: a gradient is made up only for a single number; got shape [2, 3]", "sum()")
  }

  @Test func backwardWithoutAGraph() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      (Tensor.ones(2) * 2).sum().backward()
    }
    says(end, "backward: the tensor does not require gradients", "requiresGrad", "noGrad")
  }

  @Test func backwardWithAWrongGradient() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      (Tensor.ones(2, requiresGrad: true) * 2).backward(gradient: Tensor.ones(3))
    }
    says(end, "backward: gradient has shape [3], the tensor [2]")
  }

  @Test func inPlaceOnALeaf() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Tensor.ones(2, requiresGrad: true).mul_(2)
    }
    says(end, "mul", "a leaf that requires gradients is written in place; use noGrad { }")
  }

  @Test func inPlaceOnAViewOfALeaf() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor.ones(2, 2, requiresGrad: true)
      x[0].add_(1)
    }
    says(end, "add", "a view of a leaf that requires gradients is written in place; use noGrad { }")
  }

  @Test func savedTensorChanged() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor([1.0, 2.0], requiresGrad: true)
      let y = x * 1
      let z = y * y
      y.add_(1)
      z.sum().backward()
    }
    says(
      end, "backward: a tensor that MulBackward0 needs was changed in place: it is at version 1, saved at 0",
      "shape [2] float32")
  }

  @Test func requiresGradOffInsideTheGraph() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let y = Tensor.ones(2, requiresGrad: true) * 2
      y.requiresGrad = false
    }
    says(end, "requires_grad: only leaf tensors can change it; use detach()")
  }

  @Test func inPlaceOnUnboundViews() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor.ones(2, 2, requiresGrad: true) * 1
      x.unbind()[0].add_(1)
    }
    says(end, "add", "one of several views that one op returned (unbind, split, chunk)", "out-of-place")
  }

  @Test func inPlaceOnAViewMadeUnderNoGrad() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor.ones(2, 2, requiresGrad: true) * 1
      let view = noGrad { x[0] }
      view.mul_(x[1])
    }
    says(end, "mul", "a view made inside noGrad and is written outside of it")
  }

  @Test func inPlaceOnAnExpandedTensor() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Tensor.ones(1, 3).expand(2, 3).add_(1)
    }
    says(end, "add", "share one place in memory (an expanded tensor); use clone()")
  }

  @Test func gradOfAnUnusedInput() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = Tensor.ones(1, requiresGrad: true), w = Tensor.ones(1, requiresGrad: true)
      _ = grad(outputs: [x * 2], inputs: [x, w])
    }
    says(end, "grad: the outputs do not depend on input 1; pass allowUnused: true")
  }

  @Test func inferenceTensorOutside() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let x = inferenceMode { Tensor.ones(2) }
      _ = x * Tensor.ones(2, requiresGrad: true)
    }
    says(end, "a tensor made in inferenceMode cannot be saved for backward; use clone() outside of it")
  }

  @Test func anomalyNamesTheForwardOp() async {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      detectAnomaly {
        let x = Tensor([0.0], requiresGrad: true)
        let y = x.sqrt() * 0
        y.sum().backward()
      }
    }
    says(end, "SqrtBackward0 returned NaN in gradient 0; its forward op: sqrt")
  }
}
