using System.Globalization;
using ClemReg.Algorithms.Parameters;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Pipelines;

/// <summary>Voxel sizes as users write them.</summary>
internal static class Lengths
{
    /// <summary>Reads one length in nm for all axes, or three as z,y,x.</summary>
    /// <exception cref="BadInputException">Something else; the message names the parameter.</exception>
    public static Point3 ParseVoxelSize(TextParameter parameter, string text)
    {
        string[] parts = text.Split(',');
        Span<double> nm = stackalloc double[3];
        if (parts.Length is not (1 or 3)) throw Refuse();
        for (int i = 0; i < parts.Length; i++)
            if (!double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out nm[i]) || !double.IsFinite(nm[i]) || nm[i] <= 0) throw Refuse();
        return parts.Length == 1 ? new Point3(nm[0], nm[0], nm[0]) : new Point3(nm[0], nm[1], nm[2]);

        BadInputException Refuse() => BadInputException.ForParameter(parameter.Name, text, parameter.Allowed);
    }
}
