import CTorchGPU
import Synchronization
import TorchBackend

/// A program: which texts, and the macros that fit them to ops and dtypes.
package struct ProgramKey: Hashable, Sendable, CustomStringConvertible {
  /// The file of kernels; what it builds on comes before it.
  let file: String
  let macros: [String]

  package init(_ file: String, _ macros: [(String, String)]) {
    self.file = file
    self.macros = macros.map { "#define \($0.0) \($0.1)" }
  }

  /// The file and what it is made for.
  package var description: String {
    "\(file) (\(macros.map { String($0.dropFirst("#define ".count)) }.joined(separator: ", ")))"
  }

  /// The whole text that a compiler gets.
  package var text: String {
    // Special functions are pointwise ops with one text more.
    let own = file == "special" ? ["special", "pointwise"] : [file]
    return (macros + (["prelude", "elements", "views"] + own).map(KernelTexts.text)).joined(separator: "\n")
  }
}

/// The files of kernels that are part of this program.
enum KernelTexts {
  static let names: [String] = (0..<tg_text_count()).map { String(cString: tg_text_at($0).name) }

  static func text(_ name: String) -> String {
    for index in 0..<tg_text_count() {
      let entry = tg_text_at(index)
      guard String(cString: entry.name) == name else { continue }
      return entry.text.withMemoryRebound(to: UInt8.self, capacity: entry.size) {
        String(decoding: UnsafeBufferPointer(start: $0, count: entry.size), as: UTF8.self)
      }
    }
    fault("gpu", "there is no file of kernels named \(name)")
  }
}

/// Builds programs when they are first wanted and keeps their kernels.
final class ProgramLibrary: Sendable {
  private struct KernelKey: Hashable {
    let program: ProgramKey
    let name: String
  }

  private struct State {
    var programs: [ProgramKey: any GPUProgram] = [:]
    var kernels: [KernelKey: any GPUKernel] = [:]
  }

  private let device: any GPUDevice
  private let state = Mutex(State())

  init(_ device: any GPUDevice) { self.device = device }

  /// A kernel of a program; a fault with the compiler's words where it does not build.
  func kernel(_ name: String, of program: ProgramKey) -> any GPUKernel {
    let key = KernelKey(program: program, name: name)
    if let known = state.withLock({ $0.kernels[key] }) { return known }
    // The list is CUDA's, whose devices all have float64.
    if ProgramList.isRequired && device.facts.hasDouble && !ProgramList.contains(program) {
      fault("gpu", "ProgramList does not name the program \(program)")
    }
    // Two threads may both build; one result stays.
    do {
      let built = try state.withLock { $0.programs[program] } ?? device.build(program.text)
      let kernel = try built.kernel(name)
      return state.withLock { state in
        if state.programs[program] == nil { state.programs[program] = built }
        if let known = state.kernels[key] { return known }
        state.kernels[key] = kernel
        return kernel
      }
    } catch {
      let words = (error as? GPUError)?.description ?? "\(error)"
      fault("gpu", "the kernel \(name) of \(program.file) (\(program.macros.joined(separator: "; "))): \(words)")
    }
  }
}
