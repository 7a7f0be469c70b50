/// What a worker is doing, told to the parent so that a trap or a hang can be laid at its door.
enum Stage {
  nonisolated(unsafe) static var report: (String) -> Void = { _ in }

  static func now(_ what: String) { report(what) }
}
