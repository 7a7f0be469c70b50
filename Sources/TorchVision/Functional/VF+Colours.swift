import Torch
import TorchNN

extension VF {
  private static func checkFactor(_ factor: Double, _ op: String) {
    guard factor >= 0 else { fault(op, "the factor cannot be negative, got \(factor)") }
  }

  /// Lighter, or darker below 1, as `torchvision.transforms.functional.adjust_brightness`.
  public static func adjustBrightness<P: Picture>(_ picture: P, brightnessFactor: Double) -> P {
    picture.map(
      image: { $0.brightened(brightnessFactor) },
      tensor: {
        checkFactor(brightnessFactor, "adjust_brightness")
        $0.requirePicture("adjust_brightness", channels: [1, 3])
        return $0.blendedPicture(.zeros(like: $0), brightnessFactor)
      })
  }

  /// More contrast, or less below 1, as `torchvision.transforms.functional.adjust_contrast`.
  public static func adjustContrast<P: Picture>(_ picture: P, contrastFactor: Double) -> P {
    picture.map(
      image: { $0.contrasted(contrastFactor) },
      tensor: {
        checkFactor(contrastFactor, "adjust_contrast")
        $0.requirePicture("adjust_contrast", channels: [1, 3])
        return $0.contrastedPicture(contrastFactor)
      })
  }

  /// More colour, or less below 1, as `torchvision.transforms.functional.adjust_saturation`.
  public static func adjustSaturation<P: Picture>(_ picture: P, saturationFactor: Double) -> P {
    picture.map(
      image: { $0.saturated(saturationFactor) },
      tensor: {
        checkFactor(saturationFactor, "adjust_saturation")
        $0.requirePicture("adjust_saturation", channels: [1, 3])
        return $0.pictureChannels == 1 ? $0 : $0.blendedPicture($0.greyPicture(1), saturationFactor)
      })
  }

  /// Hues turned by -0.5 to 0.5 of the circle, as `torchvision.transforms.functional.adjust_hue`.
  public static func adjustHue<P: Picture>(_ picture: P, hueFactor: Double) -> P {
    guard (-0.5...0.5).contains(hueFactor) else { fault("adjust_hue", "hueFactor is -0.5 to 0.5, got \(hueFactor)") }
    return picture.map(
      image: { $0.hueTurned(hueFactor) },
      tensor: {
        $0.requirePicture("adjust_hue", channels: [1, 3])
        return $0.hueTurnedPicture(hueFactor)
      })
  }

  /// gain x light^gamma, as `torchvision.transforms.functional.adjust_gamma`.
  public static func adjustGamma<P: Picture>(_ picture: P, gamma: Double, gain: Double = 1) -> P {
    guard gamma >= 0 else { fault("adjust_gamma", "gamma cannot be negative, got \(gamma)") }
    return picture.map(
      image: { $0.gammaAdjusted(gamma, gain: gain) },
      tensor: {
        $0.requirePicture("adjust_gamma", channels: [1, 3])
        return $0.gammaAdjustedPicture(gamma, gain: gain)
      })
  }

  /// Sharper, or smoother below 1, as `torchvision.transforms.functional.adjust_sharpness`.
  public static func adjustSharpness<P: Picture>(_ picture: P, sharpnessFactor: Double) -> P {
    picture.map(
      image: { $0.sharpened(sharpnessFactor) },
      tensor: {
        checkFactor(sharpnessFactor, "adjust_sharpness")
        $0.requirePicture("adjust_sharpness", channels: [1, 3])
        return $0.sharpenedPicture(sharpnessFactor)
      })
  }

  /// The negative, as `torchvision.transforms.functional.invert`.
  public static func invert<P: Picture>(_ picture: P) -> P {
    picture.map(
      image: { $0.inverted() },
      tensor: {
        $0.requirePicture("invert", channels: [1, 3])
        return $0.invertedPicture()
      })
  }

  /// The upper bits of each number, as `torchvision.transforms.functional.posterize`.
  /// - Precondition: 0 to 8 bits, on an ``Image`` at least 1; a tensor is uint8.
  public static func posterize<P: Picture>(_ picture: P, bits: Int) -> P {
    picture.map(
      image: {
        guard (1...8).contains(bits) else { fault("posterize", "bits is 1 to 8, got \(bits)") }
        return $0.posterized(bits)
      },
      tensor: {
        guard (0...8).contains(bits) else { fault("posterize", "bits is 0 to 8, got \(bits)") }
        $0.requirePicture("posterize", channels: [1, 3])
        guard $0.dtype == .uint8 else { fault("posterize", "wants a uint8 tensor, got \($0.signature)") }
        return $0.bitwiseAnd(256 - (1 << (8 - bits)))
      })
  }

  /// The negative of what is at least as light as a threshold, as `torchvision.transforms.functional.solarize`.
  public static func solarize<P: Picture>(_ picture: P, threshold: Double) -> P {
    picture.map(
      image: { $0.solarized(threshold) },
      tensor: { x in
        x.requirePicture("solarize", channels: [1, 3])
        guard threshold <= x.dtype.brightest else {
          fault("solarize", "the threshold is at most \(x.dtype.brightest) for \(x.dtype.name), got \(threshold)")
        }
        return Tensor.where(x.ge(threshold), x.invertedPicture(), x)
      })
  }

  /// Each channel stretched from black to full light, as `torchvision.transforms.functional.autocontrast`.
  public static func autocontrast<P: Picture>(_ picture: P) -> P {
    picture.map(
      image: { $0.autocontrasted() },
      tensor: {
        $0.requirePicture("autocontrast", channels: [1, 3])
        return $0.autocontrastedPicture()
      })
  }

  /// Each channel's values spread evenly, as `torchvision.transforms.functional.equalize`.
  public static func equalize<P: Picture>(_ picture: P) -> P {
    picture.map(
      image: { $0.equalized() },
      tensor: {
        $0.requirePicture("equalize", channels: [1, 3])
        guard $0.dtype == .uint8, $0.ndim <= 4 else {
          fault("equalize", "wants a uint8 tensor of 3 or 4 dimensions, got \($0.signature)")
        }
        return $0.equalizedPicture()
      })
  }

  /// Grey, as `torchvision.transforms.functional.rgb_to_grayscale`.
  /// - Parameter numOutputChannels: 1, or 3 equal ones.
  public static func rgbToGrayscale<P: Picture>(_ picture: P, numOutputChannels: Int = 1) -> P {
    guard numOutputChannels == 1 || numOutputChannels == 3 else {
      fault("rgb_to_grayscale", "numOutputChannels is 1 or 3, got \(numOutputChannels)")
    }
    return picture.map(
      to: .channels(numOutputChannels),
      image: {
        let grey = $0.convert(.l)
        return numOutputChannels == 3 ? grey.convert(.rgb) : grey
      },
      tensor: { $0.greyPicture(numOutputChannels) })
  }

  /// A Gaussian blur, as `torchvision.transforms.functional.gaussian_blur`; borders are mirrored.
  /// - Parameters:
  ///   - kernelSize: odd: one number, or [across, down].
  ///   - sigma: the deviation in pixels: one number, or [across, down]; nil: 0.15 kernelSize + 0.35.
  public static func gaussianBlur<P: Picture>(
    _ picture: P, kernelSize: some SpatialSize, sigma: (any NumberList)? = nil
  ) -> P {
    let sizes = both(kernelSize, "gaussian_blur", "kernelSize")
    guard sizes.allSatisfy({ $0 > 0 && $0 % 2 == 1 }) else {
      fault("gaussian_blur", "kernelSize wants odd positive numbers, got \(kernelSize.sizeText)")
    }
    let given = sigma?.numbers ?? sizes.map { Double($0) * 0.15 + 0.35 }
    let sigmas = given.count == 1 ? [given[0], given[0]] : given
    guard sigmas.count == 2, sigmas.allSatisfy({ $0 > 0 }) else {
      fault("gaussian_blur", "sigma wants one positive number or two, got \(sigmas)")
    }
    return picture.map(
      image: { toPILImage(pilToTensor($0).blurredPicture(kernelSize: sizes, sigma: sigmas), mode: $0.mode) },
      tensor: {
        $0.requirePicture("gaussian_blur")
        return $0.blurredPicture(kernelSize: sizes, sigma: sigmas)
      })
  }
}
