// Checkpoints whose every number says which one it is.

import Glibc
import Torch

enum Generation {
  static func value(_ number: Int) -> SavedValue {
    [
      "generation": number, "floats": Tensor.full([3000], Double(number)),
      "ints": Tensor.full([40, 10], Double(number), dtype: .int64), "list": Array(repeating: number, count: 50),
    ]
  }

  /// A write past the limit ends this process, whatever its parent made of that signal.
  static func dieOfLimits() {
    signal(SIGXFSZ, SIG_DFL)
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGXFSZ)
    sigprocmask(SIG_UNBLOCK, &set, nil)
  }

  /// No file of this process grows past a size: the write that tries gets SIGXFSZ or, where that is ignored, an error.
  static func limitFiles(to bytes: Int) {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    limit.rlim_cur = rlim_t(bytes)
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
  }

  /// Saves with less room than the file needs, for every size below: each time there must be an error of the system, the
  /// old file, and nothing beside it. Then with enough room. Gives what was wrong, or `fine` and the count.
  static func refuseEverywhere(_ number: Int, _ path: String) throws -> String {
    signal(SIGXFSZ, SIG_IGN)
    let size = try saveToBytes(value(number)).count
    let old = try load(path)["generation"].int
    var tries = 0
    for limit in 0... {
      // A larger step where nothing but the inside of one tensor is met.
      if limit > 2000, limit < size - 2000, limit % 17 != 0 { continue }
      limitFiles(to: limit)
      tries += 1
      do {
        try save(value(number), path)
        limitFiles(to: 1 << 40)
        guard try load(path)["generation"].int == number else { return "a save without an error was none" }
        var info = stat()
        stat(path, &info)
        return info.st_size <= limit ? "fine, \(tries) tries" : "a file of \(info.st_size) bytes fitted into \(limit)"
      } catch {
        guard error.kind == .system, error.source == path else { return "a strange error: \(error)" }
      }
      guard try load(path)["generation"].int == old else { return "the old file is gone at \(limit) bytes" }
    }
    return "no save came to its end"
  }
}
