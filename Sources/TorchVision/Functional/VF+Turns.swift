import Torch
import TorchNN

extension VF {
  /// A picture turned to the left by degrees, as `torchvision.transforms.functional.rotate`.
  /// - Parameters:
  ///   - interpolation: nearest, bilinear, or on an ``Image`` bicubic.
  ///   - expand: whether the result is as large as the turned picture.
  ///   - center: what stays in place, [x, y]; nil: the middle.
  ///   - fill: the colour of what was not in the picture.
  public static func rotate<P: Picture>(
    _ picture: P, angle: Double, interpolation: InterpolationMode = .nearest, expand: Bool = false,
    center: [Double]? = nil, fill: (any NumberList)? = nil
  ) -> P {
    if let center, center.count != 2 { fault("rotate", "center wants two numbers, got \(center.count)") }
    let (height, width) = picture.pictureSize
    return picture.map(
      image: {
        checkMoved(interpolation, "rotate")
        return $0.rotated(
          angle, interpolation, expand: expand, center: center, fill: colour(fill ?? 0, of: $0, "rotate"))
      },
      tensor: {
        let middle = fromMiddle(center, width, height)
        let matrix = inverseAffine(center: middle, angle: -angle, translate: [0, 0], scale: 1, shear: [0, 0])
        let size = expand ? expandedSize(matrix, width, height) : (width, height)
        return $0.movedPicture(matrix, interpolation, fill: fill?.numbers, size: size, "rotate")
      })
  }

  /// A picture turned, shifted, scaled and sheared, as `torchvision.transforms.functional.affine`.
  /// - Parameters:
  ///   - angle: degrees to the right.
  ///   - translate: columns and rows.
  ///   - scale: greater than 0.
  ///   - shear: degrees across, or across and down.
  ///   - interpolation: nearest, bilinear, or on an ``Image`` bicubic.
  ///   - fill: the colour of what was not in the picture.
  ///   - center: what stays in place, [x, y]; nil: the middle.
  public static func affine<P: Picture>(
    _ picture: P, angle: Double, translate: [Double], scale: Double, shear: any NumberList,
    interpolation: InterpolationMode = .nearest, fill: (any NumberList)? = nil, center: [Double]? = nil
  ) -> P {
    guard translate.count == 2 else { fault("affine", "translate wants two numbers, got \(translate.count)") }
    guard scale > 0 else { fault("affine", "scale must be positive, got \(scale)") }
    let given = shear.numbers
    let shears = given.count == 1 ? [given[0], shear.isSingle ? 0 : given[0]] : given
    guard shears.count == 2 else { fault("affine", "shear wants one number or two, got \(shears.count)") }
    if let center, center.count != 2 { fault("affine", "center wants two numbers, got \(center.count)") }
    let (height, width) = picture.pictureSize
    return picture.map(
      image: {
        checkMoved(interpolation, "affine")
        let middle = center ?? [Double(width) * 0.5, Double(height) * 0.5]
        let matrix = inverseAffine(center: middle, angle: angle, translate: translate, scale: scale, shear: shears)
        return $0.transformed(width, height, matrix, interpolation, fill: colour(fill ?? 0, of: $0, "affine"))
      },
      tensor: {
        let middle = fromMiddle(center, width, height)
        let matrix = inverseAffine(center: middle, angle: angle, translate: translate, scale: scale, shear: shears)
        return $0.movedPicture(matrix, interpolation, fill: fill?.numbers, "affine")
      })
  }

  /// A picture seen from another side, as `torchvision.transforms.functional.perspective`.
  /// - Parameters:
  ///   - startpoints: four corners [x, y] of the picture: top left, top right, bottom right, bottom left.
  ///   - endpoints: where they go.
  public static func perspective<P: Picture>(
    _ picture: P, startpoints: [[Int]], endpoints: [[Int]], interpolation: InterpolationMode = .bilinear,
    fill: (any NumberList)? = nil
  ) -> P {
    guard startpoints.count == 4, endpoints.count == 4, (startpoints + endpoints).allSatisfy({ $0.count == 2 }) else {
      fault("perspective", "wants four corners [x, y] as startpoints and four as endpoints")
    }
    let c = perspectiveCoefficients(startpoints, endpoints)
    let (height, width) = picture.pictureSize
    return picture.map(
      image: {
        checkMoved(interpolation, "perspective")
        return $0.transformed(
          width, height, c, perspective: true, interpolation, fill: colour(fill ?? 0, of: $0, "perspective"))
      },
      tensor: { $0.perspectivePicture(c, interpolation, fill: fill?.numbers) })
  }

  /// A place as torchvision's tensors count: from the middle.
  private static func fromMiddle(_ center: [Double]?, _ width: Int, _ height: Int) -> [Double] {
    guard let center else { return [0, 0] }
    return [center[0] - Double(width) * 0.5, center[1] - Double(height) * 0.5]
  }

  private static func checkMoved(_ mode: InterpolationMode, _ op: String) {
    guard [.nearest, .nearestExact, .bilinear, .bicubic].contains(mode) else {
      fault(op, "knows nearest, bilinear and bicubic; got \(mode.rawValue)")
    }
  }

  /// From places of the result to places of the picture.
  static func inverseAffine(
    center: [Double], angle: Double, translate: [Double], scale: Double, shear: [Double]
  ) -> [Double] {
    let rot = radians(angle), sx = radians(shear[0]), sy = radians(shear[1])
    let a = cosine(rot - sy) / cosine(sy)
    let b = -cosine(rot - sy) * tangent(sx) / cosine(sy) - sine(rot)
    let c = sine(rot - sy) / cosine(sy)
    let d = -sine(rot - sy) * tangent(sx) / cosine(sy) + cosine(rot)
    var matrix = [d, -b, 0, -c, a, 0].map { $0 / scale }
    let x = -center[0] - translate[0], y = -center[1] - translate[1]
    matrix[2] += matrix[0] * x + matrix[1] * y
    matrix[5] += matrix[3] * x + matrix[4] * y
    matrix[2] += center[0]
    matrix[5] += center[1]
    return matrix
  }

  /// Columns and rows of a turned tensor, in float32 as torchvision.
  private static func expandedSize(_ matrix: [Double], _ width: Int, _ height: Int) -> (Int, Int) {
    let theta = matrix.map { Float($0) }, w = Float(0.5 * Double(width)), h = Float(0.5 * Double(height))
    func size(_ row: Int, _ half: Float) -> Int {
      let ends = [(-w, -h), (-w, h), (w, h), (w, -h)].map { x, y in
        x * theta[3 * row] + y * theta[3 * row + 1] + theta[3 * row + 2]
      }
      let most = ends.max()! + half, least = ends.min()! + half
      let tolerance: Float = 1e-4
      let top = ((most / tolerance).rounded(.towardZero) * tolerance).rounded(.up)
      let bottom = ((least / tolerance).rounded(.towardZero) * tolerance).rounded(.down)
      return Int(top - bottom)
    }
    return (size(0, w), size(1, h))
  }

  /// The eight numbers that take the endpoints to the startpoints, rounded to float32 as torchvision's.
  static func perspectiveCoefficients(_ start: [[Int]], _ end: [[Int]]) -> [Double] {
    var rows: [[Double]] = []
    for (from, to) in zip(end, start) {
      let (x, y) = (Double(from[0]), Double(from[1])), (u, v) = (Double(to[0]), Double(to[1]))
      rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
      rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    }
    for column in 0..<8 {
      let pivot = (column..<8).max { abs(rows[$0][column]) < abs(rows[$1][column]) }!
      rows.swapAt(column, pivot)
      guard rows[column][column] != 0 else { fault("perspective", "the corners \(end) do not span a picture") }
      for row in 0..<8 where row != column {
        let factor = rows[row][column] / rows[column][column]
        if factor == 0 { continue }
        for i in column..<9 { rows[row][i] -= factor * rows[column][i] }
      }
    }
    return (0..<8).map { Double(Float(rows[$0][8] / rows[$0][$0])) }
  }
}
