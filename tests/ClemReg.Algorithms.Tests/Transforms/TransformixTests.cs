using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Transforms.Interchange;
using Xunit.Abstractions;

namespace ClemReg.Algorithms.Tests.Transforms;

/// <summary>transformix (Debian: elastix) moves points with our files as we do, and its transforms are read as it means them. Skipped where it is not installed.</summary>
public sealed partial class TransformixTests(ITestOutputHelper output)
{
    private const double Nm = 1;

    /// <summary>Where transformix sends points (um, x y z), or null where there is no transformix.</summary>
    private double[][]? Transformix(string parameters, double[][] points)
    {
        string folder = Directory.CreateTempSubdirectory("clemreg-transformix").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "t.txt"), parameters);
            File.WriteAllText(Path.Combine(folder, "p.txt"), $"point\n{points.Length}\n" + string.Concat(points.Select(p => Xyz.Text(p, " ") + "\n")));
            var start = new ProcessStartInfo("transformix", ["-tp", Path.Combine(folder, "t.txt"), "-def", Path.Combine(folder, "p.txt"), "-out", folder]) { RedirectStandardOutput = true, RedirectStandardError = true };
            string log;
            try
            {
                using Process process = Process.Start(start)!;
                log = process.StandardOutput.ReadToEnd();
                process.WaitForExit();
            }
            catch (System.ComponentModel.Win32Exception)
            {
                output.WriteLine("SKIPPED: transformix is not installed (Debian: apt-get install elastix).");
                return null;
            }
            string moved = Path.Combine(folder, "outputpoints.txt");
            Assert.True(File.Exists(moved), log);
            return [.. File.ReadLines(moved).Select(line => OutputPoint().Match(line).Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray())];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex(@"OutputPoint = \[ ([^\]]*) \]")]
    private static partial Regex OutputPoint();

    private static readonly double[][] Points = [[0, 0, 0], [1.5, 2.25, -3], [30, -20, 5], [0.001, 45, 12.5], [-7, 8, 100]];

    [Fact]
    public void Transformix_moves_points_with_our_file_as_we_do()
    {
        AffineTransform inverse = Maps.Affine.Inverse();
        foreach (bool grids in new[] { true, false })
        {
            ExportSource source = grids ? Maps.Source(Maps.Affine) : new ExportSource(Maps.Affine, LengthUnit.Micrometre);
            double[][]? moved = Transformix(new ElastixParameters().Text(source), Points);
            if (moved is null) return;
            double worst = 0;
            for (int i = 0; i < Points.Length; i++)
                worst = Math.Max(worst, (Xyz.Point(moved[i], LengthUnit.Micrometre) - inverse.Apply(Xyz.Point(Points[i], LengthUnit.Micrometre))).Length);
            output.WriteLine($"largest difference {worst:G3} nm");
            Assert.True(worst < Nm, $"{worst} nm");
        }
    }

    // Debian's transformix is built without SimilarityTransform; its parameters are those of ITK's Similarity3DTransform.
    [Theory]
    [InlineData("AffineTransform", "1.1 0.1 -0.2 0.05 0.9 0.3 -0.1 0.2 1.05 4 -5 6", "")]
    [InlineData("EulerTransform", "0.3 -0.5 0.7 4 -5 6", "(ComputeZYX \"false\")")]
    [InlineData("EulerTransform", "0.3 -0.5 0.7 4 -5 6", "(ComputeZYX \"true\")")]
    [InlineData("TranslationTransform", "4 -5 6", "")]
    public void Transforms_of_elastix_are_read_as_transformix_means_them(string type, string numbers, string more)
    {
        string text = $"(Transform \"{type}\")\n(NumberOfParameters {numbers.Split(' ').Length})\n(TransformParameters {numbers})\n{more}\n(CenterOfRotationPoint 1 2 3)\n"
            + string.Concat(new ElastixParameters().Text(Maps.Source(Maps.Affine)).Split('\n')
                .Where(l => l.StartsWith('(') && !l.StartsWith("(Transform", StringComparison.Ordinal) && !l.StartsWith("(Number", StringComparison.Ordinal) && !l.StartsWith("(Center", StringComparison.Ordinal)).Select(l => l + "\n"));
        AffineTransform inverse = new ElastixParameters().Read(Maps.In(text)).Transform!.Inverse();
        double[][]? moved = Transformix(text, Points);
        if (moved is null) return;
        for (int i = 0; i < Points.Length; i++)
        {
            double error = (Xyz.Point(moved[i], LengthUnit.Micrometre) - inverse.Apply(Xyz.Point(Points[i], LengthUnit.Micrometre))).Length;
            Assert.True(error < Nm, $"{type}: {error} nm");
        }
    }
}
