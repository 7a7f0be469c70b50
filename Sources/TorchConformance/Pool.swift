import Foundation
import Synchronization
import Torch

/// A case's result.
package struct CaseResult: Sendable {
  package let kind: Kind
  package let group: String
  package let id: Int
  package let dtype: String
  package let flags: [String]
  package let verdict: Verdict
}

/// The parent's side: hands groups to worker processes and outlives their traps and hangs.
package struct Pool {
  package let index: CaseIndex
  /// The worker's command line.
  package let command: [String]
  package let workers: Int
  /// Seconds that one case may take.
  package let timeout: Double

  package init(index: CaseIndex, command: [String], workers: Int, timeout: Double) {
    self.index = index
    self.command = command
    self.workers = workers
    self.timeout = timeout
  }

  /// Runs the groups of these numbers; the results are in the order of the index.
  package func run(_ groups: [Int]) throws -> [CaseResult] {
    _ = signal(SIGPIPE, SIG_IGN)
    // Long groups first, so that no worker is left with one at the end.
    let queue = Mutex(groups.sorted { index.groups[$0].caseCount < index.groups[$1].caseCount })
    let results = Mutex<[Int: [CaseResult]]>([:])
    let failure = Mutex<String?>(nil)
    DispatchQueue.concurrentPerform(iterations: max(workers, 1)) { _ in
      var lane = Lane(pool: self)
      while let group = queue.withLock({ $0.popLast() }) {
        do {
          let found = try lane.run(group)
          results.withLock { $0[group] = found }
        } catch {
          failure.withLock { $0 = "\(error)" }
          break
        }
      }
      lane.close()
    }
    if let message = failure.withLock({ $0 }) { throw CaseError(message) }
    let found = results.withLock { $0 }
    return groups.flatMap { found[$0] ?? [] }
  }
}

/// One worker process after another.
private struct Lane {
  let pool: Pool
  var child: ChildProcess?
  /// Cases of the group at work that hold by the tolerance of their outputs' dtype alone.
  private var fitted: Set<Int> = []

  init(pool: Pool) { self.pool = pool }

  mutating func run(_ group: Int) throws -> [CaseResult] {
    let entry = pool.index.groups[group]
    let cases = try JSON(contentsOf: pool.index.directory + "/" + entry.file).require("cases").array()
    var verdicts = [Verdict?](repeating: nil, count: cases.count)
    var left = Array(cases.indices)
    fitted = []
    while !left.isEmpty {
      try work(on: left, of: group, &verdicts)
      let still = left.filter { verdicts[$0] == nil }
      guard still.count < left.count else { throw CaseError("a worker does nothing for \(entry.name)") }
      left = still
    }
    var results: [CaseResult] = []
    for (number, test) in cases.enumerated() {
      let id = test["id"]?.intValue ?? number, dtype = test["dtype"]?.stringValue ?? ""
      var flags = try test["flags"]?.array().compactMap(\.stringValue) ?? []
      if fitted.contains(number) { flags.append(Tolerance.fittedFlag) }
      results.append(
        CaseResult(
          kind: entry.kind, group: entry.name, id: id, dtype: dtype, flags: flags, verdict: verdicts[number]!))
    }
    return results
  }

  /// Gives a worker cases until it is through or dies; at least one case has a verdict then.
  private mutating func work(on cases: [Int], of group: Int, _ verdicts: inout [Verdict?]) throws {
    let child = try self.child ?? start()
    self.child = child
    child.send("run \(group) \(cases.map(String.init).joined(separator: " "))")
    var current: Int?
    var stage = ""
    while true {
      // Reading a file and starting the process are no case's time.
      switch child.line(within: current == nil ? 60 : pool.timeout) {
      case .text(let line):
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        let text = words.count > 1 ? words[1] : ""
        switch words.first {
        case "begin":
          current = Int(text)
          stage = ""
        case "stage": stage = text
        case "end":
          let parts = text.split(separator: " ", maxSplits: 2).map(String.init)
          if let number = parts.first.flatMap({ Int($0) }), parts.count > 1 {
            verdicts[number] = Self.verdict(parts[1], parts.count > 2 ? parts[2] : "")
            if parts.dropFirst().elementsEqual(["passed", Tolerance.fittedFlag]) { fitted.insert(number) }
          }
          current = nil
        case "file": for number in cases { verdicts[number] = .failed(text) }
        case "ready": return
        default: break
        }
      case .end:
        let message = child.finish(kill: false)
        self.child = nil
        let at = stage.isEmpty ? "" : "\(stage): "
        verdicts[current ?? cases.first { verdicts[$0] == nil }!] = .failed("trap: \(at)\(message)")
        return
      case .late:
        _ = child.finish(kill: true)
        self.child = nil
        let at = stage.isEmpty ? "" : " in \(stage)"
        verdicts[current ?? cases.first { verdicts[$0] == nil }!] = .failed("hang\(at): ended after \(pool.timeout) s")
        return
      }
    }
  }

  private static func verdict(_ word: String, _ text: String) -> Verdict {
    switch word {
    case "passed": .passed
    case "unsupported": .unsupported(text)
    default: .failed(text)
    }
  }

  private func start() throws -> ChildProcess {
    var environment = ProcessInfo.processInfo.environment
    environment["OMP_NUM_THREADS"] = "1"
    // The parent tells the fault; a backtrace for each takes seconds.
    environment["SWIFT_BACKTRACE"] = "enable=no"
    return try ChildProcess(pool.command, environment: environment)
  }

  mutating func close() {
    if let child { _ = child.finish(kill: true) }
    child = nil
  }
}
