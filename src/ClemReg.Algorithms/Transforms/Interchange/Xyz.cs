using System.Globalization;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Transforms.Interchange;

/// <summary>Affine maps and points in x, y, z order and another unit, as nearly all other tools have them; and numbers as text.</summary>
internal static class Xyz
{
    /// <summary>The 12 numbers of a map in x, y, z: three rows of linear part and translation, the translation in <paramref name="unit"/>.</summary>
    public static double[] Rows(AffineTransform transform, LengthUnit unit)
    {
        var rows = new double[12];
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < 3; j++) rows[i * 4 + j] = transform[2 - i, 2 - j];
            rows[i * 4 + 3] = transform[2 - i, 3] / unit.Nanometres;
        }
        return rows;
    }

    /// <summary>The map of 12 numbers in x, y, z.</summary>
    public static AffineTransform Affine(ReadOnlySpan<double> rows, LengthUnit unit)
    {
        Span<double> zyx = stackalloc double[12];
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < 3; j++) zyx[i * 4 + j] = rows[(2 - i) * 4 + 2 - j];
            zyx[i * 4 + 3] = rows[(2 - i) * 4 + 3] * unit.Nanometres;
        }
        return new AffineTransform(zyx);
    }

    /// <summary>The map x' = A (x - c) + t + c, as ITK writes it, in x, y, z.</summary>
    /// <param name="linear">A: 9 numbers, row by row.</param>
    /// <param name="translation">t.</param>
    /// <param name="centre">c.</param>
    public static double[] AboutCentre(ReadOnlySpan<double> linear, ReadOnlySpan<double> translation, ReadOnlySpan<double> centre)
    {
        var rows = new double[12];
        for (int i = 0; i < 3; i++)
        {
            double moved = 0;
            for (int j = 0; j < 3; j++)
            {
                rows[i * 4 + j] = linear[i * 3 + j];
                moved += linear[i * 3 + j] * centre[j];
            }
            rows[i * 4 + 3] = translation[i] + centre[i] - moved;
        }
        return rows;
    }

    /// <summary>The rotation of a versor (the vector part of a unit quaternion, x, y, z), times a scale.</summary>
    /// <exception cref="BadInputException">The versor is longer than 1.</exception>
    public static double[] Versor(double x, double y, double z, double scale, string file)
    {
        double square = 1 - x * x - y * y - z * z;
        if (square < -1e-9) throw new BadInputException(string.Create(CultureInfo.InvariantCulture, $"{file}: the versor ({x}, {y}, {z}) is longer than 1, so it is no rotation."));
        double w = Math.Sqrt(Math.Max(square, 0));
        return
        [
            scale * (1 - 2 * (y * y + z * z)), scale * 2 * (x * y - z * w), scale * 2 * (x * z + y * w),
            scale * 2 * (x * y + z * w), scale * (1 - 2 * (x * x + z * z)), scale * 2 * (y * z - x * w),
            scale * 2 * (x * z - y * w), scale * 2 * (y * z + x * w), scale * (1 - 2 * (x * x + y * y)),
        ];
    }

    /// <summary>The rotation of ITK's Euler3DTransform: Rz Rx Ry, or Rz Ry Rx.</summary>
    public static double[] Euler(double x, double y, double z, bool zyx)
    {
        double cx = Math.Cos(x), sx = Math.Sin(x), cy = Math.Cos(y), sy = Math.Sin(y), cz = Math.Cos(z), sz = Math.Sin(z);
        double[] rx = [1, 0, 0, 0, cx, -sx, 0, sx, cx], ry = [cy, 0, sy, 0, 1, 0, -sy, 0, cy], rz = [cz, -sz, 0, sz, cz, 0, 0, 0, 1];
        return zyx ? Product(rz, Product(ry, rx)) : Product(rz, Product(rx, ry));
    }

    private static double[] Product(double[] a, double[] b)
    {
        var c = new double[9];
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                for (int k = 0; k < 3; k++)
                    c[i * 3 + j] += a[i * 3 + k] * b[k * 3 + j];
        return c;
    }

    /// <summary>A point as x, y, z in a unit.</summary>
    public static double[] Point(Point3 p, LengthUnit unit) => [p.X / unit.Nanometres, p.Y / unit.Nanometres, p.Z / unit.Nanometres];

    /// <summary>The point of x, y, z in a unit.</summary>
    public static Point3 Point(ReadOnlySpan<double> xyz, LengthUnit unit) => unit.Nanometres * new Point3(xyz[2], xyz[1], xyz[0]);

    /// <summary>The shortest text that reads back as the same number; never -0.</summary>
    public static string Text(double value) => (value + 0.0).ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Numbers with a separator between them.</summary>
    public static string Text(IEnumerable<double> values, string separator) => string.Join(separator, values.Select(Text));

    /// <summary>Reads a number with a decimal point.</summary>
    public static bool TryNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);

    /// <summary>Reads as many numbers as there must be.</summary>
    /// <param name="words">The numbers' texts.</param>
    /// <param name="count">How many there must be.</param>
    /// <param name="where">File, line and key, for messages.</param>
    public static double[] Numbers(IReadOnlyList<string> words, int count, string where)
    {
        if (words.Count != count) throw new BadInputException($"{where}: {words.Count} numbers, where {count} are needed.");
        var numbers = new double[count];
        for (int i = 0; i < count; i++)
            if (!TryNumber(words[i], out numbers[i])) throw new BadInputException($"{where}: '{Short(words[i])}' is not a finite number.");
        return numbers;
    }

    /// <summary>A text cut to what a message can hold.</summary>
    public static string Short(string text) => text.Length > 60 ? text[..57] + "..." : text;
}
