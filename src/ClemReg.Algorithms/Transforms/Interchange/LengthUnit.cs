namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>The unit in which another tool's file counts lengths.</summary>
/// <param name="Name">nm, um or mm.</param>
/// <param name="LongName">As OME-NGFF writes it.</param>
/// <param name="Nanometres">Nanometres to one of it.</param>
public sealed record LengthUnit(string Name, string LongName, double Nanometres)
{
    /// <summary>Nanometres, micrometres, millimetres.</summary>
    public static IReadOnlyList<LengthUnit> All { get; } = [new("nm", "nanometer", 1), new("um", "micrometer", 1e3), new("mm", "millimeter", 1e6)];

    /// <summary>Micrometres: what Fiji and most tools of light microscopy count in.</summary>
    public static LengthUnit Micrometre => All[1];

    /// <summary>The unit that a file names, in any of the usual spellings.</summary>
    /// <param name="text">nm, um, µm, micron, micrometer, ...</param>
    /// <param name="file">The file's name, for the message.</param>
    /// <exception cref="BadInputException">Any other unit, pixels among them.</exception>
    public static LengthUnit Parse(string text, string file) => text.Trim().ToLowerInvariant() switch
    {
        "nm" or "nanometer" or "nanometre" or "nanometers" or "nanometres" => All[0],
        // The micro sign and the Greek letter mu look the same.
        "um" or "\u00b5m" or "\u03bcm" or "micron" or "microns" or "micrometer" or "micrometre" or "micrometers" or "micrometres" => All[1],
        "mm" or "millimeter" or "millimetre" or "millimeters" or "millimetres" => All[2],
        _ => throw new BadInputException($"{file}: the unit '{text}' is not allowed: it must be nm, um or mm. Calibrate the image in the other tool and save again."),
    };
}
