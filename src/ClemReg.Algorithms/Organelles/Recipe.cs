using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Organelles;

/// <summary>How the pixels of an organelle are found in its box.</summary>
public enum PixelSource
{
    /// <summary>Blur, erosion, dilation and a threshold (Nešić et al. 2023, algorithms 1 and 2).</summary>
    Threshold,
    /// <summary>The ellipse that touches the box's four sides (their lysosomes).</summary>
    Ellipse,
    /// <summary>The whole box.</summary>
    Box,
    /// <summary>The label of another image, or the largest piece of a mask, that fits the box best.</summary>
    Labels,
}

/// <summary>Whether an organelle is darker or brighter than what is around it.</summary>
public enum Polarity
{
    /// <summary>Darker: the image is inverted first.</summary>
    Dark,
    /// <summary>Brighter.</summary>
    Bright,
}

/// <summary>In what a recipe's lengths are.</summary>
public enum RecipeUnit
{
    /// <summary>Nanometres.</summary>
    Nm,
    /// <summary>Pixels.</summary>
    Px,
}

/// <summary>What is done for a class to find an organelle's pixels in a box. The steps run in the order of the properties, in the box and its margin alone.</summary>
public sealed record Recipe
{
    /// <summary>No radius or margin is longer, pixels.</summary>
    public const double LongestPixels = 1000;

    /// <summary>Where the pixels come from.</summary>
    public PixelSource Pixels { get; init; }

    /// <summary>In what the lengths are.</summary>
    public RecipeUnit Unit { get; init; }

    /// <summary>So much around the box is seen as well; the organelle's pixels stay in the box.</summary>
    public double Margin { get; init; }

    /// <summary>Dark or bright.</summary>
    public Polarity Polarity { get; init; }

    /// <summary>Standard deviation of a Gaussian blur.</summary>
    public double Blur { get; init; }

    /// <summary>Radius of a grey erosion with a disc, after the blur: of what is bright after the inversion.</summary>
    public double Erode { get; init; }

    /// <summary>Radius of a grey dilation with a disc, after the erosion.</summary>
    public double Dilate { get; init; }

    /// <summary>The image's grey value from which on (dark: up to which) a pixel belongs to the organelle; null: Otsu's.</summary>
    public double? Level { get; init; }

    /// <summary>
    /// How much of the box's height and width the organelle must reach over, 0 (it does not matter) to 1, and not as a thin rim: it must fill 60 % of its convex hull. Where it does not, as where Otsu's threshold takes a nucleolus for the nucleus, the next threshold is tried: Otsu's of
    /// what was left out. Where none does, the organelle is the ellipse in its box.
    /// </summary>
    public double Reach { get; init; }

    /// <summary>Whether only the largest piece, of pixels that touch by sides or corners, is kept.</summary>
    public bool LargestComponent { get; init; } = true;

    /// <summary>Whether holes in it are filled.</summary>
    public bool FillHoles { get; init; }

    /// <summary>A length along y and x in pixels.</summary>
    /// <param name="length">In <see cref="Unit"/>.</param>
    /// <param name="spacing">The image's, nm.</param>
    internal (double Y, double X) InPixels(double length, Point3 spacing) => Unit == RecipeUnit.Px ? (length, length) : (length / spacing.Y, length / spacing.X);

    /// <summary>Checks the lengths for an image.</summary>
    /// <param name="name">What messages call the recipe.</param>
    /// <param name="spacing">The image's, nm.</param>
    /// <exception cref="BadInputException">A length is negative, or too long for the image's pixels.</exception>
    public void Check(string name, Point3 spacing)
    {
        foreach ((string key, double length) in new[] { ("margin", Margin), ("blur", Blur), ("erode", Erode), ("dilate", Dilate) })
        {
            if (!(length >= 0 && double.IsFinite(length))) throw BadInputException.ForParameter($"{name}: {key}", length, $"0 or more {Unit.ToString().ToLowerInvariant()}");
            (double y, double x) = InPixels(length, spacing);
            if (Math.Max(y, x) > LongestPixels)
                throw BadInputException.ForParameter($"{name}: {key}", length, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"at most {LongestPixels} pixels of the image, and is {Math.Max(y, x):0.#}"), "Check the image's pixel size (Image > Properties) and the recipe's unit.");
        }
        if (!(Reach is >= 0 and <= 1)) throw BadInputException.ForParameter($"{name}: reach", Reach, "a share of the box from 0 to 1");
        if (Level is { } level && !double.IsFinite(level)) throw BadInputException.ForParameter($"{name}: threshold", level, "a finite grey value, or \"otsu\"");
    }
}
