#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The variables of the environment.
package enum Environment {
  /// What stands in for the process's own variables within a task: tests run side by side, and the environment belongs to all
  /// of them.
  @TaskLocal package static var standIn: [String: String]?

  /// A variable's text, nil where it is not set.
  package static func variable(_ name: String) -> String? {
    if let standIn { return standIn[name] }
    return getenv(name).map { String(cString: $0) }
  }
}
