import Foundation
import Testing
import TorchBackend

/// What Tools/goldens/printing.py wrote; `PRINTING_CASES` names another file, such as its random cases.
private struct Goldens: Decodable {
  struct Case: Decodable {
    var shape: [Int], dtype: String, text: String
    var options: Options?
    var values: String?
    var range: [Double]?
    var requiresGrad: Bool?
    var gradFn: String?

    /// All values, as they print.
    var elements: [PrintValue] {
      let type = DType(name: dtype)!
      if let range {
        return (0..<shape.reduce(1, *)).map { i in
          let x = range[0] + Double(i) * range[1]
          switch type {
          case .float64: return .float(x)
          case _ where type.isFloatingPoint: return .float(Double(type.rounding(Float(x))))
          default: return .int(Int64(x))
          }
        }
      }
      return values!.split(separator: " ").map { word in
        switch type {
        case .float64: .float(Double(bitPattern: UInt64(word, radix: 16)!))
        case .float32: .float(Double(Float(bitPattern: UInt32(word, radix: 16)!)))
        case .float16: .float(Double(Float16(bitPattern: UInt16(word, radix: 16)!)))
        case .bfloat16: .float(Double(Float(bitPattern: UInt32(word, radix: 16)! << 16)))
        case .bool: .bool(word == "1")
        default: .int(Int64(word)!)
        }
      }
    }

    var printed: String {
      let elements = elements
      let type = DType(name: dtype)!
      let options = options?.options ?? .default
      let suffixes = tensorSuffixes(
        shape: shape, dtype: type, options: options, gradFn: gradFn, requiresGrad: requiresGrad ?? false)
      return formatTensor(shape: shape, dtype: type, options: options, suffixes: suffixes) { index in
        elements[zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 }]
      }
    }
  }
  struct Options: Decodable {
    var options: PrintOptions
    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      options = PrintOptions(
        precision: try list.decode(Int.self), threshold: try list.decode(Int.self),
        edgeitems: try list.decode(Int.self), linewidth: try list.decode(Int.self),
        sciMode: try list.decodeNil() ? nil : list.decode(Bool.self))
      if options.threshold < 0 { options.threshold = .max }
    }
  }
  var cases: [Case]
  var reprs: [[String]]

  static func load() throws -> Goldens {
    let here = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/printing.json")
    let url = ProcessInfo.processInfo.environment["PRINTING_CASES"].map { URL(filePath: $0) } ?? here
    return try JSONDecoder().decode(Goldens.self, from: Data(contentsOf: url))
  }
}

@Suite struct PrintingTests {
  @Test func tensorsPrintAsInTorch() throws {
    let cases = try Goldens.load().cases
    #expect(cases.count > 200)
    for golden in cases {
      let printed = golden.printed
      if printed != golden.text {
        Issue.record("\(golden.shape) \(golden.dtype):\n\(printed)\ntorch prints\n\(golden.text)")
      }
    }
  }

  @Test func numbersPrintAsInPython() throws {
    for pair in try Goldens.load().reprs {
      #expect(pythonRepr(Double(bitPattern: UInt64(pair[0], radix: 16)!)) == pair[1])
    }
  }

  @Test func shapesPrintAsInPython() {
    #expect(pythonTuple([]) == "()")
    #expect(pythonTuple([2]) == "(2,)")
    #expect(pythonTuple([2, 3]) == "(2, 3)")
    #expect(pythonShape([2, 3]) == "torch.Size([2, 3])")
    #expect(pythonShape([]) == "torch.Size([])")
  }

  @Test func aDeviceIsNamedFirst() {
    let suffixes = tensorSuffixes(
      shape: [2], dtype: .float64, device: "cuda:0", gradFn: "AddBackward0", requiresGrad: true)
    #expect(suffixes == ["device='cuda:0'", "dtype=torch.float64", "grad_fn=<AddBackward0>"])
    #expect(
      tensorSuffixes(shape: [2], dtype: .float64, defaultDType: .float64, requiresGrad: true)
        == ["requires_grad=True"])
  }

  @Test func onlyWhatIsShownIsAskedFor() {
    var asked = 0
    let text = formatTensor(shape: [1_000_000], dtype: .int64) { index in
      asked += 1
      return .int(Int64(index[0]))
    }
    #expect(text == "tensor([     0,      1,      2,  ..., 999997, 999998, 999999])")
    #expect(asked == 12)
  }
}
