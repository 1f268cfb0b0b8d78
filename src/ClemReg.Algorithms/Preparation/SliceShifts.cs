using System.Globalization;
using System.Text;

namespace ClemReg.Algorithms.Preparation;

/// <summary>How a slice is moved: turned about the centre of the image, then shifted.</summary>
/// <param name="Dy">Shift along y, nm.</param>
/// <param name="Dx">Shift along x, nm.</param>
/// <param name="Angle">Degrees; positive turns x towards y, clockwise on the screen.</param>
public readonly record struct SliceShift(double Dy, double Dx, double Angle = 0)
{
    /// <summary>This, and <paramref name="next"/> after it.</summary>
    public SliceShift Then(SliceShift next)
    {
        (double sin, double cos) = Math.SinCos(next.Angle * Math.PI / 180);
        return new SliceShift(cos * Dy + sin * Dx + next.Dy, cos * Dx - sin * Dy + next.Dx, Angle + next.Angle);
    }
}

/// <summary>The shifts of all slices of a stack, and their file: slice,dy,dx[,angle] with slices from 1, nm and degrees.</summary>
/// <remarks>Lengths are in nm, so the shifts of a binned stack serve for the full one too.</remarks>
public sealed class SliceShifts
{
    private readonly SliceShift[] _shifts;

    /// <summary>Keeps shifts, one for each slice.</summary>
    public SliceShifts(IEnumerable<SliceShift> shifts) => _shifts = [.. shifts];

    /// <summary>The number of slices.</summary>
    public int Count => _shifts.Length;

    /// <summary>The shift of a slice, from 0.</summary>
    public SliceShift this[int z] => _shifts[z];

    /// <summary>The text of the file.</summary>
    public string ToCsv()
    {
        bool turned = _shifts.Any(s => s.Angle != 0);
        var text = new StringBuilder(turned ? "slice,dy,dx,angle\n" : "slice,dy,dx\n");
        for (int z = 0; z < Count; z++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{z + 1},{_shifts[z].Dy:R},{_shifts[z].Dx:R}");
            if (turned) text.Append(CultureInfo.InvariantCulture, $",{_shifts[z].Angle:R}");
            text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>Reads a file.</summary>
    /// <param name="text">Its content.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <param name="slices">The number of slices that there must be.</param>
    /// <exception cref="BadInputException">Other columns, a line that does not fit, a slice missing or given twice.</exception>
    public static SliceShifts FromCsv(string text, string file, int slices)
    {
        string[] lines = text.Split('\n');
        string[] header = [.. lines[0].Trim().TrimStart('\uFEFF').Split(',').Select(c => c.Trim())];
        bool turned = header is ["slice", "dy", "dx", "angle"];
        if (!turned && header is not ["slice", "dy", "dx"])
            throw new BadInputException($"{file}: the first line must be slice,dy,dx or slice,dy,dx,angle (slices from 1, nm, degrees), but it is '{lines[0].Trim()}'.");
        var shifts = new SliceShift?[slices];
        for (int i = 1; i < lines.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i])) continue;
            string[] parts = lines[i].Split(',');
            double angle = 0;
            if (parts.Length != header.Length || !int.TryParse(parts[0], NumberStyles.Integer, CultureInfo.InvariantCulture, out int slice)
                || !Number(parts[1], out double dy) || !Number(parts[2], out double dx) || (turned && !Number(parts[3], out angle)))
                throw new BadInputException($"{file}: line {i + 1} is '{lines[i].Trim()}', where {string.Join(",", header)} are needed as numbers.");
            if (slice < 1 || slice > slices)
                throw new BadInputException($"{file}: line {i + 1} is about slice {slice}, but the image has slices 1 to {slices}. Take the file that was made from this stack.");
            if (shifts[slice - 1] is not null) throw new BadInputException($"{file}: slice {slice} is given twice, the second time in line {i + 1}.");
            shifts[slice - 1] = new SliceShift(dy, dx, angle);
        }
        int missing = Array.FindIndex(shifts, s => s is null);
        if (missing >= 0) throw new BadInputException($"{file}: slice {missing + 1} is missing; the image has {slices} slices. Take the file that was made from this stack.");
        return new SliceShifts(shifts.Select(s => s!.Value));

        static bool Number(string part, out double number) =>
            double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
    }
}
