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
  package static let all: [ProgramKey] = pointwise + memory + reductions

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
        keys.append(key("reduce", [("IDENTITY", "IDENTITY_\(kernel)"), ("JOINED", "JOINED_\(kernel)")], dtype))
      }
    }
    return keys
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
