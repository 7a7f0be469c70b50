import Testing
import Torch
import TorchNN
import TorchOptim

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Devices without float64, as many GPUs are: a device of OpenCL that hides its own, and whose compiler refuses the word.
@Suite(.enabled(if: OpenCL.isAvailable, "there is no device of OpenCL"))
struct WithoutFloat64Tests {
  /// Runs in a process of its own, since devices are looked at once.
  private static func hide() { setenv("TORCH_OPENCL_WITHOUT_FLOAT64", "1", 1) }

  @Test func wholeNumbers() async {
    await #expect(processExitsWith: .success) {
      Self.hide()
      for dtype in [DType.int64, .int32, .uint8, .bool] {
        func all(_ device: Device) -> [Tensor] {
          let x = Tensor([3, 1, 0, 2, 7, 5, 3, 9, 4, 4, 8, 6]).view(3, 4).to(dtype).to(device)
          let places = Tensor([0, 2, 1, 1]).view(1, 4).to(device)
          var results = [
            x.sum(), x.sum(dim: 0), x.max(dim: 1).values, x.t().contiguous(), x .> 2,
            x.ne(3),
            x.cumsum(dim: 1), x.sort(dim: 1).values, x.gather(dim: 0, index: places),
            x.indexSelect(dim: 1, index: places[0]),
            x[x .> 3], x.nonzero(), x.to(.float32), x.to(.float32).mean(dim: 0), Tensor.where(x .> 2, x, x), x.clone(),
            Tensor.cat([x, x]), x.flip(dims: [0]),
            Tensor.zeros([3, 4], dtype: dtype, device: device).scatter(
              dim: 0, index: places, src: x),
          ]
          if dtype != .bool {
            results += [
              x.argmax(), x.argmax(dim: 1), x.sqrt(), x * 0.5, x * 3, x + x, x - 1, x.square(), x.clamp(min: 2, max: 5),
              x.relu(), x.floorDivide(2), x.remainder(3),
              x.maximum(x.flip(dims: [1])), x.pow(2), x.topk(k: 2, dim: 1).values, F.oneHot(x.long(), numClasses: 10),
            ]
          }
          return results.map { $0.cpu() }
        }
        for (index, (there, here)) in zip(all(.opencl), all(.cpu)).enumerated() {
          let agrees = there.dtype == here.dtype && there.shape == here.shape && there.allclose(here, rtol: 1e-6)
          #expect(agrees, "\(dtype), result \(index)")
        }
      }
    }
  }

  @Test func networksTrain() async {
    await #expect(processExitsWith: .success) {
      Self.hide()
      func losses(_ device: Device) -> [Double] {
        forkRNG {
          manualSeed(3)
          let photos = Sequential(
            Conv2d(3, 8, kernelSize: 3, padding: 1), BatchNorm2d(8), ReLU(), MaxPool2d(kernelSize: 2, stride: 2),
            Flatten(),
            Linear(8 * 8 * 8, 16), LayerNorm(16), GELU(), Dropout(0), Linear(16, 5))
          let words = Embedding(20, 12), lstm = LSTM(12, 9, batchFirst: true), last = Linear(9, 5)
          let x = Tensor.randn(6, 3, 16, 16).to(device), text = Tensor.randint(0, 20, [6, 7]).to(device)
          let y = Tensor.randint(0, 5, [6]).to(device)
          for module in [photos, words, lstm, last] as [Module] { module.to(device) }
          let parameters = [photos, words, lstm, last].flatMap { ($0 as Module).parameters() }
          let optimizer = AdamW(parameters, lr: 0.01)
          return (0..<6).map { _ in
            optimizer.zeroGrad()
            let loss = F.crossEntropy(photos(x) + last(lstm(words(text)).0[0..., -1]), y, labelSmoothing: 0.1)
            loss.backward()
            Utils.clipGradNorm_(parameters, maxNorm: 5)
            optimizer.step()
            return loss.item()
          }
        }
      }
      let there = losses(.opencl), here = losses(.cpu)
      #expect(zip(there, here).allSatisfy { abs($0 - $1) < 1e-4 }, "\(there) instead of \(here)")
      #expect(here.last! < here[0])
      let drawn = Tensor.randn(4000, device: .opencl).cpu()
      #expect(abs(drawn.mean().item() as Double) < 0.1 && abs(drawn.std().item() as Double - 1) < 0.1)
    }
  }

  @Test func float64IsRefusedByName() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Self.hide()
      _ = (Tensor.ones(3, dtype: .float64, device: .opencl) * 2).cpu()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("float64"), "\(text.suffix(600))")
  }
}
