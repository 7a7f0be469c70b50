import TorchBackend

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Every program that the backend can ask a compiler for, so that all can be built where no op runs.
///
/// Each family of kernels says its own below, as its ops ask for them. With the environment variable `TORCH_GPU_LISTED=1` a program
/// that is not here is a fault, which keeps the list whole.
package enum ProgramList {
  package static let all: [ProgramKey] =
    pointwise + special + memory + reductions + extremes + scans + order + indices + products + convolutions + pools
    + rows + draws + recurrences + optimizers

  static let isRequired = getenv("TORCH_GPU_LISTED").map { String(cString: $0) == "1" } ?? false
  private static let known = Set(all)

  static func contains(_ key: ProgramKey) -> Bool { known.contains(key) }
}

// MARK: families

extension ProgramList {
  private static func key(_ file: String, _ macros: [(String, String)] = [], _ x: DType, _ out: DType? = nil)
    -> ProgramKey
  {
    ProgramKey(
      file,
      macros + [("GROUP_LANES", "\(GPUBackend.lanes)"), ("X", x.inKernels), ("O", (out ?? x).inKernels)])
  }

  /// Each macro that the text has for whole numbers or for floating point is an op.
  private static var pointwise: [ProgramKey] {
    let text = KernelTexts.text("pointwise")
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // The text says what is for whole numbers first, and what is for both last.
    let whole = lines.firstIndex { $0 == "#if !IS_FLOAT(X)" }!,
      floating = lines.firstIndex { $0.hasPrefix("#define HALF ") }!
    var keys: [ProgramKey] = []
    for dtype in DType.allCases {
      let part = dtype.isFloatingPoint ? lines[floating...] : lines[whole..<floating]
      for (family, operands) in [("UNARY", 1), ("TEST", 1), ("BINARY", 2), ("COMPARE", 2)] {
        let names = macros(family, in: family == "COMPARE" ? lines[...] : part)
        for name in names {
          let divides = family == "BINARY" && !dtype.isFloatingPoint && GPUBackend.divisions.contains(name)
          keys.append(
            key(
              "pointwise",
              [
                ("RESULT", "\(family)_\(name)"), ("OPERANDS", "\(operands)"), ("CHECKS_DIVISOR", divides ? "1" : "0"),
              ], dtype, family == "UNARY" || family == "BINARY" ? dtype : .bool))
        }
      }
    }
    return keys
  }

  /// Functions that no compiler has.
  private static var special: [ProgramKey] {
    let lines = KernelTexts.text("special").split(separator: "\n")
    return [("UNARY", 1), ("BINARY", 2)].flatMap { family, operands in
      macros(family, in: lines[...]).flatMap { name in
        DType.allCases.filter(\.isFloatingPoint).map { dtype in
          key(
            "special",
            [("RESULT", "\(family)_\(name)"), ("OPERANDS", "\(operands)"), ("CHECKS_DIVISOR", "0")], dtype)
        }
      }
    }
  }

  /// The names behind `#define FAMILY_`, each once.
  private static func macros(_ family: String, in lines: ArraySlice<Substring>) -> [String] {
    let start = "#define \(family)_"
    var names: [String] = []
    for line in lines where line.hasPrefix(start) {
      let name = String(line.dropFirst(start.count).prefix { $0 != " " && $0 != "(" })
      if !names.contains(name) { names.append(name) }
    }
    return names
  }

  private static var memory: [ProgramKey] {
    DType.allCases.flatMap { x in DType.allCases.map { key("memory", [], x, $0) } }
  }

  private static var reductions: [ProgramKey] {
    var keys: [ProgramKey] = []
    for kernel in ReduceKernel.allCases {
      for dtype in DType.allCases {
        keys.append(key("reduce", GPUBackend.reduction(kernel), dtype))
      }
    }
    return keys
  }

  private static var extremes: [ProgramKey] {
    [ReduceKernel.max, .min].flatMap { kernel in
      DType.allCases.map { key("arg", [("BETTER", "BETTER_\(kernel)")], $0) }
    }
  }

  private static var scans: [ProgramKey] {
    var keys: [ProgramKey] = []
    for kernel in ScanKernel.allCases {
      for dtype in DType.allCases where kernel != .logaddexp || dtype.isFloatingPoint {
        for places in kernel == .max || kernel == .min ? ["0", "1"] : ["0"] {
          keys.append(
            key(
              "scan",
              [
                ("JOINED", "JOINED_\(kernel)"), ("LATER", "LATER_\(kernel)"), ("PLACES", places),
                ("STARTS_AT_0", kernel == .sum ? "1" : "0"),
              ], dtype))
        }
      }
    }
    return keys
  }

  private static var order: [ProgramKey] {
    DType.allCases.map { key("sort", [], $0) } + DType.allCases.map { key("top", [], $0) }
  }

  private static var indices: [ProgramKey] {
    let modes: [ScatterMode] = [.assign, .add, .multiply, .amax, .amin]
    return DType.allCases.flatMap { dtype in
      [key("index", [("JOINS", "0")], dtype)]
        + modes.map { mode in
          key(
            "index",
            [("JOINS", "1"), ("ASSIGNS", mode == .assign ? "1" : "0"), ("JOINED", "JOINED_\(mode)")], dtype)
        }
    }
  }

  /// How many rows a tile may have, and whether a group shares it.
  private static var ways: [[(String, String)]] {
    ProductTiles.ways.map { [("TOGETHER", $0.isTogether ? "1" : "0"), ("ROWS", "\($0.rows)")] }
  }

  /// What products are made of, and what they give: parts of sums are wider.
  private static var factors: [(DType, DType)] {
    DType.allCases.flatMap { dtype -> [(DType, DType)] in
      let wide: DType = !dtype.isFloatingPoint ? .int64 : dtype == .float64 ? .float64 : .float32
      return wide == dtype ? [(dtype, dtype)] : [(dtype, dtype), (dtype, wide)]
    }
  }

  private static var products: [ProgramKey] {
    ways.flatMap { way in
      ["0", "1"].flatMap { dense in
        factors.map { key("matmul", way + [("COLUMNS_ARE_DENSE", dense)], $0.0, $0.1) }
      }
    }
  }

  private static var convolutions: [ProgramKey] {
    ways.flatMap { way in
      ["FORWARD", "INPUT_GRADIENT", "WEIGHT_GRADIENT"].flatMap { purpose in
        factors.map { key("convolution", way + [("COLUMNS_ARE_DENSE", "0"), ("PURPOSE", purpose)], $0.0, $0.1) }
      }
    }
  }

  private static var pools: [ProgramKey] {
    DType.allCases.map { key("pool", [("OP", "MAXIMA")], $0) }
      + factors.map { key("pool", [("OP", "SLOPES")], $0.0, $0.1) }
  }

  private static var rows: [ProgramKey] {
    var keys: [ProgramKey] = []
    for family in ["SOFTMAX", "LAYER_NORM", "CHANNEL_NORM"] {
      for dtype in DType.allCases where dtype.isFloatingPoint {
        for groups in ["0", "1"] {
          keys.append(key("rows", [("FAMILY", family), ("BY_GROUPS", groups)], dtype, .float64))
        }
      }
    }
    return keys
  }
}

extension ProgramList {
  private static var floats: [DType] { DType.allCases.filter(\.isFloatingPoint) }

  private static var draws: [ProgramKey] {
    DrawProgram.allCases.flatMap { draw in
      let dtypes = draw == .shuffle ? [.int64] : draw.needsFloats ? floats : DType.allCases
      return dtypes.map { key("random", [("DRAW", "DRAW_\(draw.rawValue)")], $0) }
    }
  }

  private static var recurrences: [ProgramKey] {
    Recurrence.all.flatMap { recurrence in
      floats.map { key("recurrence", [("RECURRENCE", recurrence.inKernels)], $0) }
    }
  }

  private static var optimizers: [ProgramKey] {
    let steps = ["OPTIMIZER_SGD", "OPTIMIZER_ADAM"] + OptimizerStep.Pointwise.Kind.all.map(\.inKernels)
    return floats.map { key("optimizer", [("OPTIMIZER", "OPTIMIZER_SCALE")], $0) }
      + steps.flatMap { step in
        [DType.float32, .float64].map { key("optimizer", [("OPTIMIZER", step)], $0) }
      }
  }
}

// MARK: the proof

extension ProgramList {
  /// Builds a program for a compute capability by NVRTC, to PTX and to code; how many bytes each has, or why it does not build.
  package static func compile(_ key: ProgramKey, by compiler: CUDACompiler, for capability: Int) -> Result<
    (ptx: Int, code: Int), ProgramError
  > {
    do {
      let built = try compiler.built(key.text, for: .code(capability))
      return .success((built.ptx.count, built.code.count))
    } catch {
      return .failure(ProgramError(description: error.description))
    }
  }

  /// NVRTC, or why it is not there.
  package static func compiler() -> Result<CUDACompiler, ProgramError> {
    do {
      return .success(try CUDACompiler.found())
    } catch {
      return .failure(ProgramError(description: error.description))
    }
  }
}

/// Why a program does not build.
package struct ProgramError: Error, CustomStringConvertible {
  package let description: String
}
