// Padding modes of convolutions and pools with indices, against PyTorch.

import Testing
import TorchNN

@Suite struct EdgeTests {
  private func sizes(_ any: Any?) -> [Int]? { any as? [Int] ?? (any as? Int).map { [$0] } }

  private func pad(_ any: Any?) -> any ConvolutionPad {
    if any as? String == "same" { return NamedPadding.same }
    return sizes(any) ?? 0
  }

  private func conv(_ c: [String: Any]) -> Convolution {
    let kernel = sizes(c["kernel_size"])!, stride = sizes(c["stride"]) ?? [1], dilation = sizes(c["dilation"]) ?? [1]
    func make(_ padding: some ConvolutionPad) -> Convolution {
      let mode = PaddingMode(rawValue: c["mode"] as! String)!
      return switch c["kind"] as! String {
      case "Conv1d":
        Conv1d(
          2, 2, kernelSize: kernel, stride: stride, padding: padding, dilation: dilation, paddingMode: mode,
          dtype: .float64)
      case "Conv2d":
        Conv2d(
          2, 2, kernelSize: kernel, stride: stride, padding: padding, dilation: dilation, paddingMode: mode,
          dtype: .float64)
      default:
        Conv3d(
          2, 2, kernelSize: kernel, stride: stride, padding: padding, dilation: dilation, paddingMode: mode,
          dtype: .float64)
      }
    }
    return make(pad(c["padding"]))
  }

  private func pattern(_ shape: [Int], _ factor: Int, _ modulus: Int, _ body: (Double) -> Double) -> Tensor {
    let count = shape.reduce(1, *)
    return Tensor((0..<count).map { body(Double($0 * factor % modulus)) }, dtype: .float64).view(shape)
  }

  @Test func paddingModes() throws {
    for c in try golden("modules")["padding"] as! [[String: Any]] {
      let layer = conv(c), label = "\(c["kind"]!) \(c["shape"]!) \(c["mode"]!)"
      for parameter in layer.parameters() {
        noGrad { parameter.copy_(pattern(Array(parameter.shape), 7, 11) { $0 / 5 - 1 }) }
      }
      let x = pattern(c["shape"] as! [Int], 5, 13) { $0 / 4 }.detach().requiresGrad_()
      let y = layer(x)
      #expect(Array(y.shape) == c["outShape"] as! [Int], "\(label)")
      #expect(distance(y.detach().flatten().array(), c["out"]) < 1e-12, "\(label)")
      (y * y).sum().backward()
      #expect(distance(x.grad!.flatten().array(), c["grad"]) < 1e-10, "\(label)")
    }
  }

  @Test func poolsWithIndices() throws {
    for c in try golden("modules")["pools"] as! [[String: Any]] {
      let dims = c["dims"] as! Int, kernel = sizes(c["kernel_size"])!, stride = sizes(c["stride"])
      let padding = sizes(c["padding"]) ?? [0], dilation = sizes(c["dilation"]) ?? [1]
      let ceil = c["ceil_mode"] as? Bool ?? false, label = "\(dims) \(c["shape"]!) \(kernel)"
      let x = pattern(c["shape"] as! [Int], 29, 53) { $0 }.float().detach().requiresGrad_()
      let (y, indices) =
        switch dims {
        case 1:
          F.maxPool1dWithIndices(
            x, kernelSize: kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: ceil)
        case 2:
          F.maxPool2dWithIndices(
            x, kernelSize: kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: ceil)
        default:
          F.maxPool3dWithIndices(
            x, kernelSize: kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: ceil)
        }
      #expect(Array(y.shape) == c["outShape"] as! [Int] && indices.dtype == .int64, "\(label)")
      #expect(y.flatten().array(Double.self) == c["out"] as! [Double], "\(label)")
      #expect(indices.flatten().array(Int.self) == c["indices"] as! [Int], "\(label)")
      (y * y).sum().backward()
      #expect(x.grad!.flatten().array(Double.self) == c["grad"] as! [Double], "\(label)")

      let layer: any Layer =
        switch dims {
        case 1: MaxPool1d(kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: ceil)
        case 2: MaxPool2d(kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: ceil)
        default: MaxPool3d(kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: ceil)
        }
      #expect(layer(x).flatten().array(Double.self) == c["out"] as! [Double], "\(label)")
    }
  }
}
