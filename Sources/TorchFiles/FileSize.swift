#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that the system does not show.
struct NoSuchFile: Error, CustomStringConvertible {
  let description: String
}

/// How many bytes a file has.
func fileSize(_ path: String) throws(NoSuchFile) -> Int {
  var info = stat()
  guard stat(path, &info) == 0 else {
    throw NoSuchFile(description: "\(path): cannot be read: \(String(cString: strerror(errno)))")
  }
  return Int(info.st_size)
}
