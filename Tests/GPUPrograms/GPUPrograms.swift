import ArgumentParser
import TorchGPU

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Builds every program that the GPU backend can ask for by NVRTC, which needs no GPU.
@main struct GPUPrograms: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gpu-programs",
    abstract: "Builds every program of the GPU backend to PTX and to code for each compute capability.",
    discussion: "Ends with 1 where one does not build, with 3 where NVRTC is not there.")

  @Option(help: "Compute capabilities, as 80 for 8.0.") var capability: [Int] = [80, 90, 100]
  @Flag(help: "Each program for one of the capabilities, in turn, instead of for all.") var spread = false
  @Option(help: "A file that keeps what built before, so that only what changed is built again.") var known: String?
  @Option(help: "How many are built at the same time.") var jobs = 2
  @Flag(help: "Prints the programs and builds none.") var list = false

  /// One program for one capability.
  struct Job: Sendable {
    let key: ProgramKey
    let capability: Int
    let mark: String
  }

  func run() async throws {
    let programs = ProgramList.all
    if list { return programs.forEach { print($0.description) } }
    guard case .success(let compiler) = ProgramList.compiler() else {
      if case .failure(let error) = ProgramList.compiler() { print(error.description) }
      throw ExitCode(3)
    }
    var built = Set((known.flatMap(Self.read) ?? "").split(separator: "\n").map(String.init))
    let everything = programs.map { key in
      capability.map { Job(key: key, capability: $0, mark: Self.mark("\(compiler.name) \($0)\n\(key.text)")) }
    }
    let all =
      spread ? everything.enumerated().map { $1[$0 % $1.count] } : everything.flatMap { $0 }
    let jobs = all.filter { !built.contains($0.mark) }
    // Marks of texts that are gone are dropped.
    let marks = everything.joined().map(\.mark)
    func keep(_ built: Set<String>) {
      if let known { Self.write(marks.filter(built.contains).joined(separator: "\n"), to: known) }
    }
    let failures = await withTaskGroup(of: (Int, ProgramError?).self) { group in
      var next = 0, failures: [String] = []
      func start() {
        guard next < jobs.count else { return }
        let (index, job) = (next, jobs[next])
        next += 1
        group.addTask {
          switch ProgramList.compile(job.key, by: compiler, for: job.capability) {
          case .success: (index, nil)
          case .failure(let error): (index, error)
          }
        }
      }
      for _ in 0..<max(self.jobs, 1) { start() }
      for await (index, error) in group {
        if let error {
          failures.append("\(jobs[index].key.description), \(jobs[index].capability): \(error.description)")
        } else {
          built.insert(jobs[index].mark)
          // A run that is cut off goes on where it was.
          if built.count % 64 == 0 { keep(built) }
        }
        start()
      }
      return failures
    }
    keep(built)
    let names = (spread ? "one of " : "") + capability.map { "sm_\($0)" }.joined(separator: ", ")
    failures.prefix(20).forEach { print($0) }
    print(
      "\(compiler.name): \(programs.count) programs to PTX and code for \(names): \(jobs.count - failures.count) built now, "
        + "\(all.count - jobs.count) as before, \(failures.count) failed")
    if !failures.isEmpty { throw ExitCode(1) }
  }

  /// 128 bits that tell texts apart (FNV-1a by two starts).
  static func mark(_ text: String) -> String {
    var a: UInt64 = 0xcbf2_9ce4_8422_2325, b: UInt64 = 0x9ae1_6a3b_2f90_404f
    for byte in text.utf8 {
      a = (a ^ UInt64(byte)) &* 0x100_0000_01b3
      b = (b ^ UInt64(byte)) &* 0x9e37_79b9_7f4a_7c15
      b ^= b >> 29
    }
    return String(a, radix: 36) + "." + String(b, radix: 36)
  }

  static func read(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = [], part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&part, 1, part.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += part[..<count]
    }
  }

  static func write(_ text: String, to path: String) {
    guard let file = fopen(path, "w") else { return print("\(path) cannot be written") }
    fputs(text, file)
    fclose(file)
  }
}
