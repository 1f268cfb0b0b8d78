using System.Globalization;
using ClemReg.Algorithms.Meshes;
using ClemReg.Algorithms.Mitochondria;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Tests.Meshes;

/// <summary>Surfaces beside those of SciPy's and scikit-image's functions: golden-scripts/meshes.py.</summary>
public sealed class MeshGoldenTests
{
    [Fact]
    public void Area_and_volume_are_those_of_scikit_image_on_the_same_field()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "golden", "meshes");
        byte[] voxels = File.ReadAllBytes(Path.Combine(folder, "labels.bin"));
        int offset = 0, volume = -1, cases = 0;
        LabelVolume? labels = null;
        foreach (string line in File.ReadAllLines(Path.Combine(folder, "cases.csv")))
        {
            double[] n = Array.ConvertAll(line.Split(','), v => double.Parse(v, CultureInfo.InvariantCulture));
            var grid = new Grid(new Size3((int)n[1], (int)n[2], (int)n[3]), new Point3(n[4], n[5], n[6]));
            if ((int)n[0] != volume)
            {
                volume = (int)n[0];
                int start = offset;
                labels = Shape.Labels(grid, (z, y, x) => voxels[start + (z * grid.Size.Y + y) * grid.Size.X + x]);
                offset += (int)grid.Size.Count;
            }
            LabelledObject which = labels!.Objects.Single(o => o.Label == (int)n[7]);
            Assert.Equal((long)n[8], which.Voxels);
            double coarsest = Math.Max(n[4], Math.Max(n[5], n[6]));
            double Sigma(double s) => Math.Sqrt(0.64 * coarsest * coarsest + 0.36 * s * s);
            TriangleMesh mesh = SurfaceExtraction.Run(new ObjectLattice(labels, which, new Point3(Sigma(n[4]), Sigma(n[5]), Sigma(n[6]))), new Job(1));
            // Quads are cut along other diagonals, and vertices stay a fiftieth of a voxel away from its centre.
            Assert.True(Math.Abs(mesh.Volume / n[9] - 1) < 0.002, $"{line}: volume {mesh.Volume}");
            Assert.True(Math.Abs(mesh.Area / n[10] - 1) < 0.005, $"{line}: area {mesh.Area}");
            // On smooth bodies hardly anything is put back.
            if (n[0] >= 3) Assert.True(Math.Abs(mesh.Volume / n[11] - 1) < 0.002 && Math.Abs(mesh.Area / n[12] - 1) < 0.005, $"{line}: {mesh.Volume} and {mesh.Area}");
            // And what the whole procedure adds: the volume of the voxels.
            TriangleMesh whole = ObjectSurface.Of(labels, which, new SurfaceOptions(), new Job(1));
            Assert.Equal(1, whole.Volume / (which.Voxels * n[4] * n[5] * n[6]), 0.001);
            cases++;
        }
        Assert.Equal(voxels.Length, offset);
        Assert.True(cases >= 6, $"{cases} cases");
    }
}
